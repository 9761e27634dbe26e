"""Control questions are put to the citizen."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from registration.failures import has_failed_in_cases
from registration.queries import person_in
from registration.rules.case import StepRefusal, refusal_to_ask
from registration.rules.questions import ASKED, MOST_ASKED
from registration.states import CaseState, OfficerRole
from registration.steps import acting_as, ask, locked_case
from registration.usecases.results import StepRefused


@dataclass(frozen=True)
class Asked:
    """The questions stand in the case."""

    count: int


@transaction.atomic(durable=True)
def ask_questions(*, officer_id: UUID, case_id: UUID, now: datetime) -> Asked | StepRefused:
    """Three control questions stand in a case, once and for all.

    Rule:   REG-3, REG-6.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row.
    Writes: ControlQuestion, AuditEvent.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    person = person_in(case)
    refusal = refusal_to_ask(
        state=CaseState(case.state),
        is_looked_up=person is not None,
        has_document=case.evidence.exists(),
        is_asked=case.questions.exists(),
        facts=len(person.facts) if person else 0,
        needed_facts=MOST_ASKED,
    )
    if refusal is not None or person is None:
        return StepRefused(refusal or StepRefusal.NOT_LOOKED_UP)
    if has_failed_in_cases(person.cpr_number, but=case.id, now=now):  # since this case's own look-up
        return StepRefused(StepRefusal.FAILED_LATELY)
    return Asked(count=len(ask(case, person=person, count=ASKED, actor=officer.actor, now=now)))
