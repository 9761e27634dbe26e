"""A caller has answered a control question."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import person_of
from registration import events
from registration.failures import has_failed_in_calls
from registration.models import SupportCall
from registration.queries import ActingOfficer
from registration.registers import civil_register
from registration.registers.base import RegisterPerson
from registration.rules.questions import ASKED
from registration.rules.support import SupportAct, SupportRefusal, is_identified, refusal_to_act_in_call
from registration.states import OfficerRole, Verdict
from registration.steps import acting_as, answers_of, ask, locked_call, take_answer
from registration.usecases.answer_question import Answered
from registration.usecases.results import SupportRefused


def answer_caller_question(
    *, officer_id: UUID, call_id: UUID, question_id: UUID, was_right: bool, now: datetime
) -> Answered | SupportRefused:
    """An answer is noted; with two right ones the caller is identified, without only blocking is left.

    The register is asked again before the last of three answers, for the topic of a fourth question: what it says
    of a person is kept in a call no longer than it takes.

    Rule:   SUP-1, REG-6.
    Raises: MayNotAct; SupportCall.DoesNotExist; ControlQuestion.DoesNotExist; RegisterUnavailable.
    Locks:  the call's row, then the question's.
    Writes: ControlQuestion, SupportCall, AuditEvent.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    call = SupportCall.objects.get(pk=call_id, officer_id=officer.id)
    person = None
    if list(answers_of(call)).count(None) == 1 and len(answers_of(call)) == ASKED:
        cpr_number = person_of(call.identity_id).cpr_number
        person = civil_register().look_up(cpr_number) if cpr_number else None
    return _answer(officer, call_id, question_id=question_id, was_right=was_right, person=person, now=now)


@transaction.atomic(durable=True)
def _answer(
    officer: ActingOfficer,
    call_id: UUID,
    *,
    question_id: UUID,
    was_right: bool,
    person: RegisterPerson | None,
    now: datetime,
) -> Answered | SupportRefused:
    call = locked_call(call_id, officer=officer)
    refusal = refusal_to_act_in_call(
        SupportAct.IDENTIFY, opened_at=call.opened_at, is_identified=call.identified_at is not None, now=now
    )
    if refusal is not None:
        return SupportRefused(refusal)
    if has_failed_in_calls(call.identity_id, but=call.id, now=now):  # in another call that went on beside this one
        return SupportRefused(SupportRefusal.FAILED)
    verdict = take_answer(call, question_id=question_id, was_right=was_right, actor=officer.actor, now=now)
    if verdict is None:
        return SupportRefused(SupportRefusal.ALREADY_ASKED)
    if verdict is Verdict.ONE_MORE and person is not None:
        ask(call, person=person, count=1, actor=officer.actor, now=now)
    if is_identified(has_right_number=call.number_right_at is not None, verdict=verdict):
        call.identified_at = now
        call.save(update_fields=["identified_at"])
        events.support_identified(call=call, actor=officer.actor, now=now)
    elif verdict is Verdict.FAILED:
        reason = SupportRefusal.FAILED.value
        events.support_identification_failed(call=call, reason=reason, actor=officer.actor, now=now)
    return Answered(verdict)
