"""The citizen has answered a control question."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import AssuranceLevel
from registration.failures import has_failed_in_cases
from registration.models import ProofingCase
from registration.queries import person_in
from registration.rules.case import StepRefusal, is_examined
from registration.rules.evidence import Level, Paper, level_of
from registration.states import CaseState, EvidenceCheck, EvidenceKind, OfficerRole, Verdict
from registration.steps import acting_as, ask, locked_case, move, take_answer
from registration.usecases.results import StepRefused


@dataclass(frozen=True)
class Answered:
    """The answer is noted; this is how the round stands."""

    verdict: Verdict


@transaction.atomic(durable=True)
def answer_question(
    *, officer_id: UUID, case_id: UUID, question_id: UUID, was_right: bool, now: datetime
) -> Answered | StepRefused:
    """An answer is noted. After two wrong ones a fourth question stands; when two are right the case is examined.

    Rule:   REG-1, REG-5, REG-6.
    Raises: MayNotAct; ProofingCase.DoesNotExist; ControlQuestion.DoesNotExist.
    Locks:  the case's row, then the question's.
    Writes: ControlQuestion, ProofingCase, AuditEvent.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    if case.state != CaseState.OPEN:
        return StepRefused(StepRefusal.NOT_OPEN)
    person = person_in(case)
    if person is None:
        return StepRefused(StepRefusal.NOT_LOOKED_UP)
    if has_failed_in_cases(person.cpr_number, but=case.id, now=now):  # in another case that went on beside this one
        return StepRefused(StepRefusal.FAILED_LATELY)
    verdict = take_answer(case, question_id=question_id, was_right=was_right, actor=officer.actor, now=now)
    if verdict is None:
        return StepRefused(StepRefusal.ALREADY_ANSWERED)
    if verdict is Verdict.ONE_MORE:
        ask(case, person=person, count=1, actor=officer.actor, now=now)
    level = _level(case)
    if is_examined(verdict=verdict, has_level=level is not None) and level is not None:
        case.level_reached = AssuranceLevel[level.value]
        move(case, CaseState.EXAMINED)
        case.save(update_fields=["level_reached", "state"])
    return Answered(verdict)


def _level(case: ProofingCase) -> Level | None:
    papers = [
        Paper(EvidenceKind(kind), frozenset(EvidenceCheck(check) for check in checks))
        for kind, checks in case.evidence.values_list("kind", "checks")
    ]
    return level_of(papers)
