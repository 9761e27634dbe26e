"""The caller reads out the number of the document that their identity rests on."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from hsm.api import blind_index_candidates
from identities.api import person_of
from registration import events, sealing
from registration.failures import has_failed_in_calls, wrong_numbers_about
from registration.models import Evidence, SupportCall
from registration.queries import ActingOfficer
from registration.registers import civil_register
from registration.registers.base import RegisterPerson
from registration.rules.questions import ASKED, MOST_ASKED
from registration.rules.support import DOCUMENT_TRIES, SupportAct, SupportRefusal, refusal_to_act_in_call
from registration.states import CaseState, OfficerRole
from registration.steps import acting_as, ask, lock_identity, locked_call
from registration.usecases.results import SupportRefused


@dataclass(frozen=True)
class QuestionsAsked:
    """The number is right; control questions stand in the call."""


def check_caller_number(
    *, officer_id: UUID, call_id: UUID, number: str, now: datetime
) -> QuestionsAsked | SupportRefused:
    """The number is one of a document on record, and control questions out of the register stand in the call.

    The civil register is asked between two transactions; when it is away the right number is remembered and only
    the questions are still to come.

    Rule:   SUP-1. Three wrong numbers in a day, or a failed round of questions, end it in every call.
    Raises: MayNotAct; SupportCall.DoesNotExist when the call is another agent's; RegisterUnavailable.
    Locks:  the call's row, then the identity's: two calls at once do not double the tries.
    Writes: SupportCall, ControlQuestion, AuditEvent.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    checked = _check(officer, call_id, number=number, now=now)
    if isinstance(checked, SupportRefused):
        return checked
    cpr_number = person_of(checked).cpr_number
    person = civil_register().look_up(cpr_number) if cpr_number else None
    return _ask(officer, call_id, person=person, now=now)


@transaction.atomic(durable=True)
def _check(officer: ActingOfficer, call_id: UUID, *, number: str, now: datetime) -> UUID | SupportRefused:
    call = locked_call(call_id, officer=officer)
    lock_identity(call.identity_id)
    refusal = _refusal(call, now=now)
    if refusal is not None:
        return SupportRefused(refusal)
    if not _is_on_record(number, identity_id=call.identity_id):
        call.wrong_numbers += 1
        call.save(update_fields=["wrong_numbers"])
        reason = SupportRefusal.WRONG_NUMBER
        events.support_identification_failed(call=call, reason=reason.value, actor=officer.actor, now=now)
        return SupportRefused(reason, tries_left=DOCUMENT_TRIES - wrong_numbers_about(call.identity_id, now=now))
    call.number_right_at = call.number_right_at or now
    call.save(update_fields=["number_right_at"])
    return call.identity_id


@transaction.atomic(durable=True)
def _ask(
    officer: ActingOfficer, call_id: UUID, *, person: RegisterPerson | None, now: datetime
) -> QuestionsAsked | SupportRefused:
    call = locked_call(call_id, officer=officer)
    refusal = _refusal(call, now=now)
    if refusal is not None:
        return SupportRefused(refusal)
    if person is None or len(person.facts) < MOST_ASKED:
        reason = SupportRefusal.TOO_FEW_FACTS
        events.support_identification_failed(call=call, reason=reason.value, actor=officer.actor, now=now)
        return SupportRefused(reason)
    ask(call, person=person, count=ASKED, actor=officer.actor, now=now)
    return QuestionsAsked()


def _refusal(call: SupportCall, *, now: datetime) -> SupportRefusal | None:
    if wrong_numbers_about(call.identity_id, now=now) >= DOCUMENT_TRIES:
        return SupportRefusal.NO_TRIES_LEFT
    if call.questions.exists():
        return SupportRefusal.ALREADY_ASKED
    if has_failed_in_calls(call.identity_id, but=call.id, now=now):
        return SupportRefusal.FAILED
    return refusal_to_act_in_call(
        SupportAct.IDENTIFY,
        opened_at=call.opened_at,
        is_identified=call.identified_at is not None,
        now=now,
    )


def _is_on_record(number: str, *, identity_id: UUID) -> bool:
    indexes = blind_index_candidates(number, purpose=sealing.DOCUMENT_NUMBER)
    approved = Evidence.objects.filter(case__identity_id=identity_id, case__state=CaseState.APPROVED)
    return approved.filter(number_index__in=indexes).exists()
