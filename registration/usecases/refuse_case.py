"""A case ends with a decision that the citizen may complain about."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registration import events
from registration.models import RefusalDecision
from registration.rules.case import StepRefusal
from registration.states import LIVE_CASE_STATES, CasePurpose, CaseState, OfficerRole, RefusalReason
from registration.steps import acting_as, locked_case, move, tell_of_act
from registration.usecases.results import Ended, StepRefused


@transaction.atomic(durable=True)
def refuse_case(*, officer_id: UUID, case_id: UUID, reason: RefusalReason, now: datetime) -> Ended | StepRefused:
    """A case is refused by a decision that has a reason and says how to complain.

    Rule:   REG-12, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row.
    Writes: ProofingCase, RefusalDecision, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    if case.state not in LIVE_CASE_STATES:
        return StepRefused(StepRefusal.NOT_OPEN)
    move(case, CaseState.REFUSED)
    case.decided_at = now
    case.save(update_fields=["state", "decided_at"])
    RefusalDecision.objects.create(
        case=case,
        reason=reason,
        officer_id=officer.id,
        complaints_to=officer.complaints_to,
        decided_at=now,
    )
    events.case_refused(case=case, reason=reason, actor=officer.actor, now=now)
    if case.identity_id is not None:
        act = "refused_reopening" if case.purpose == CasePurpose.REOPEN else "refused_authenticator"
        tell_of_act(identity_id=case.identity_id, act=act, officer=officer, now=now)
    return Ended(CaseState.REFUSED)
