"""Reads: the copy of an app that is under way."""

import json
from datetime import datetime
from uuid import UUID

from identities.api import ChangeField, ChangeView, app_copies_of, change_of


def copy_by_id(*, identity_id: UUID, app_id: UUID, change_id: UUID) -> ChangeView | None:
    """Find a copy that was asked for from this app; any other is as good as none."""
    change = change_of(identity_id, change_id)
    return change if change is not None and _is_of(change, app_id) else None


def copy_under_way(*, identity_id: UUID, app_id: UUID, now: datetime) -> ChangeView | None:
    """Find the newest copy of this app that waits or may still show a ticket."""
    return next((change for change in app_copies_of(identity_id, now=now) if _is_of(change, app_id)), None)


def _is_of(change: ChangeView, app_id: UUID) -> bool:
    return change.field is ChangeField.APP_COPY and json.loads(change.new_value) == {"app": str(app_id)}
