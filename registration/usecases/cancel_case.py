"""A case is given up."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registration import events
from registration.rules.case import StepRefusal
from registration.states import LIVE_CASE_STATES, CaseState, OfficerRole
from registration.steps import acting_as, locked_case, move
from registration.usecases.results import Ended, StepRefused


@transaction.atomic(durable=True)
def cancel_case(*, officer_id: UUID, case_id: UUID, now: datetime) -> Ended | StepRefused:
    """A case is given up: the citizen left, or it was opened by mistake.

    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row.
    Writes: ProofingCase, AuditEvent.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    if case.state not in LIVE_CASE_STATES:
        return StepRefused(StepRefusal.NOT_OPEN)
    move(case, CaseState.CANCELLED)
    case.decided_at = now
    case.save(update_fields=["state", "decided_at"])
    events.case_cancelled(case=case, actor=officer.actor, now=now)
    return Ended(CaseState.CANCELLED)
