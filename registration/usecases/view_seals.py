"""An auditor looks at the seals over the log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.api import SealLine, SealState, VerificationLine, latest_seals, latest_verifications, seal_state
from registration import events
from registration.states import OfficerRole
from registration.steps import acting_as

VERIFICATIONS_SHOWN: Final = 10


@dataclass(frozen=True)
class SealsPage:
    """How sealing stands, a page of seals, and the latest looks through the log."""

    state: SealState
    seals: list[SealLine]
    older: int | None
    verifications: list[VerificationLine]


@transaction.atomic(durable=True)
def view_seals(*, officer_id: UUID, before: int | None, limit: int, now: datetime) -> SealsPage:
    """A page of seals is shown, and the log says who looked.

    Rule:   LOG-1.
    Raises: MayNotAct.
    Writes: AuditEvent.
    """
    officer = acting_as(OfficerRole.AUDITOR, officer_id=officer_id, now=now)
    state = seal_state(now=now)
    found = latest_seals(before=before, limit=limit + 1)
    events.log_seals_viewed(before=before, actor=officer.actor, now=now)
    seals = found[:limit]
    return SealsPage(
        state=state,
        seals=seals,
        older=seals[-1].number if len(found) > limit else None,
        verifications=latest_verifications(limit=VERIFICATIONS_SHOWN),
    )
