"""Whoever holds the e-mail stops the change it tells of."""

from datetime import datetime

from django.db import transaction

from identities.api import Stopped, StopRefused, held_by_token, stop_held_change


@transaction.atomic(durable=True)
def stop_by_token(*, token: str, now: datetime) -> Stopped | StopRefused | None:
    """Stop the change that an e-mail's address points at, without a login.

    Rule:    CHG-6.
    Returns: ``None`` for an address that points, or no longer points, at anything.
    Locks:   the identity's row, then the change's.
    Writes:  PendingChange, AuditEvent, Delivery.
    """
    held = held_by_token(token=token, now=now)
    return None if held is None else stop_held_change(held=held, now=now)
