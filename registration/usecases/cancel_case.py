"""A case is given up."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registration import events
from registration.rules.case import StepRefusal
from registration.rules.questions import verdict_of
from registration.states import LIVE_CASE_STATES, CasePurpose, CaseState, OfficerRole, Verdict
from registration.steps import acting_as, answers_of, locked_case, move, tell_of_act
from registration.usecases.results import Ended, StepRefused


@transaction.atomic(durable=True)
def cancel_case(*, officer_id: UUID, case_id: UUID, now: datetime) -> Ended | StepRefused:
    """A case is given up: the citizen left, or it was opened by mistake.

    A round of control questions that failed is not given up but refused: the citizen is owed the decision.

    Rule:   REG-6, REG-12, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row.
    Writes: ProofingCase, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    if case.state not in LIVE_CASE_STATES:
        return StepRefused(StepRefusal.NOT_OPEN)
    if verdict_of(answers_of(case)) is Verdict.FAILED:
        return StepRefused(StepRefusal.QUESTIONS_FAILED)
    move(case, CaseState.CANCELLED)
    case.decided_at = now
    case.save(update_fields=["state", "decided_at"])
    events.case_cancelled(case=case, actor=officer.actor, now=now)
    if case.identity_id is not None:
        act = "gave_up_reopening" if case.purpose == CasePurpose.REOPEN else "gave_up_authenticator"
        tell_of_act(identity_id=case.identity_id, act=act, officer=officer, now=now)
    return Ended(CaseState.CANCELLED)
