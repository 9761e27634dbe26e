"""Support's acts: result, rows, events, deliveries."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import Actor, EventKind
from audit.models import AuditEvent
from identities.api import (
    AssuranceLevel,
    BlockReason,
    BlockSource,
    ChangeField,
    ChangeWaits,
    IdentityState,
    create_change,
    identity_by_id,
    pending_changes_of,
    standing_blocks_of,
)
from notifications.api import MessageKind
from registration.models import ControlQuestion, Evidence, SupportCall
from registration.queries import call_of
from registration.registers.fixture import fixture_passport_of
from registration.rules.support import SupportRefusal
from registration.states import CasePurpose, FoundBy, LookReason, Verdict
from registration.steps import MayNotAct
from registration.usecases.answer_caller_question import answer_caller_question
from registration.usecases.answer_question import Answered
from registration.usecases.approve_and_reopen import AwaitsSecond, approve_and_reopen
from registration.usecases.block_for_caller import Blocked, Noted, block_for_caller
from registration.usecases.cancel_change_for_caller import ChangeStopped, cancel_change_for_caller
from registration.usecases.check_caller_number import QuestionsAsked, check_caller_number
from registration.usecases.find_citizen import Found, NotFound, find_citizen
from registration.usecases.results import SupportRefused
from registration.usecases.tell_user_id import UserIdTold, tell_user_id
from tests.factories.identities import texts_sent
from tests.factories.registration import (
    a_call_about,
    a_clerk,
    a_support_agent,
    an_approved_case,
    an_examined_case,
    plain_people,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(now):
    return a_support_agent(now=now)


@pytest.fixture
def person():
    return plain_people()[3]


@pytest.fixture
def identity_id(person, now):
    return an_approved_case(a_clerk(now=now), person, now=now)[1]


def events(kind):
    return list(AuditEvent.objects.filter(kind=kind).order_by("id"))


def number_of(person):
    return fixture_passport_of(person.cpr_number).number


def answer(agent, call_id, *answers, now):
    outcome = None
    for place, was_right in enumerate(answers, start=1):
        question = ControlQuestion.objects.get(call_id=call_id, place=place)
        outcome = answer_caller_question(
            officer_id=agent.id, call_id=call_id, question_id=question.id, was_right=was_right, now=now
        )
    return outcome


def an_identified_call(agent, person, *, now):
    call_id = a_call_about(agent, person.cpr_number, now=now)
    checked = check_caller_number(officer_id=agent.id, call_id=call_id, number=number_of(person), now=now)
    assert checked == QuestionsAsked()
    assert answer(agent, call_id, True, True, True, now=now) == Answered(Verdict.PASSED)
    return call_id


def test_sup_3_a_look_has_a_reason_and_is_told(agent, person, identity_id, now):
    """SUP-3, ALR-2."""
    call_id = a_call_about(agent, person.cpr_number, now=now)
    call = SupportCall.objects.get()
    assert (call.id, call.identity_id, call.reason) == (call_id, identity_id, LookReason.LOST_DEVICE)
    (event,) = events(EventKind.CITIZEN_FOUND)
    assert (event.subject_id, event.actor_id, event.facts["reason"]) == (identity_id, agent.id, "lost_device")
    assert len(texts_sent(reference=identity_id, kind=MessageKind.OFFICER_ACTED)) == 2


def test_a_user_id_finds_too_however_it_is_cased(agent, identity_id, now):
    """UID-2."""
    user_id = identity_by_id(identity_id).user_id.upper()
    outcome = find_citizen(
        officer_id=agent.id, found_by=FoundBy.USER_ID, text=user_id, reason=LookReason.LOST_DEVICE, now=now
    )
    assert isinstance(outcome, Found)


def test_reg_10_agents_find_nobody_in_themselves(agent, now):
    """REG-10: the same answer as for a number nobody has."""
    for text in (agent.who.user_id, "findes ikke"):
        outcome = find_citizen(
            officer_id=agent.id, found_by=FoundBy.USER_ID, text=text, reason=LookReason.LOST_DEVICE, now=now
        )
        assert outcome == NotFound()
    assert [event.subject_id for event in events(EventKind.CITIZEN_NOT_FOUND)] == [agent.who.identity_id, None]


def test_reg_11_a_clerk_is_no_support_agent(now):
    """REG-11."""
    with pytest.raises(MayNotAct):
        find_citizen(
            officer_id=a_clerk(now=now).id,
            found_by=FoundBy.USER_ID,
            text="skovtrold",
            reason=LookReason.LOST_DEVICE,
            now=now,
        )


def test_sup_1_a_caller_is_identified_by_number_and_questions(agent, person, identity_id, now):
    """SUP-1."""
    call_id = an_identified_call(agent, person, now=now)
    assert SupportCall.objects.get().identified_at == now
    assert len(events(EventKind.SUPPORT_IDENTIFIED)) == 1
    again = check_caller_number(officer_id=agent.id, call_id=call_id, number=number_of(person), now=now)
    assert again == SupportRefused(SupportRefusal.ALREADY_ASKED)


def test_sup_1_three_wrong_numbers_end_the_attempt(agent, person, identity_id, now):
    """SUP-1: even the right one comes too late then."""
    call_id = a_call_about(agent, person.cpr_number, now=now)
    tries = [
        check_caller_number(officer_id=agent.id, call_id=call_id, number=number, now=now)
        for number in ("XX0000001", "XX0000002", "XX0000003", number_of(person))
    ]
    assert [one.reason for one in tries] == [SupportRefusal.WRONG_NUMBER] * 3 + [SupportRefusal.NO_TRIES_LEFT]
    assert [one.tries_left for one in tries] == [2, 1, 0, 0]
    assert not ControlQuestion.objects.filter(call_id=call_id).exists()
    assert len(events(EventKind.SUPPORT_IDENTIFICATION_FAILED)) == 3


def test_sup_1_too_few_right_answers_leave_only_blocking(agent, person, identity_id, now):
    """SUP-1."""
    call_id = a_call_about(agent, person.cpr_number, now=now)
    check_caller_number(officer_id=agent.id, call_id=call_id, number=number_of(person), now=now)
    assert answer(agent, call_id, False, True, False, now=now) == Answered(Verdict.ONE_MORE)
    question = ControlQuestion.objects.get(call_id=call_id, place=4)
    last = answer_caller_question(
        officer_id=agent.id, call_id=call_id, question_id=question.id, was_right=False, now=now
    )
    assert last == Answered(Verdict.FAILED)
    assert tell_user_id(officer_id=agent.id, call_id=call_id, now=now) == SupportRefused(SupportRefusal.NOT_IDENTIFIED)
    assert events(EventKind.SUPPORT_REFUSED)[0].facts["act"] == "tell_user_id"
    assert block_for_caller(officer_id=agent.id, call_id=call_id, reason=BlockReason.OWN_WISH, now=now) == Blocked()


def test_sup_1_who_has_no_document_on_record_cannot_be_identified(agent, person, identity_id, now):
    """SUP-1."""
    Evidence.objects.all().delete()
    call_id = a_call_about(agent, person.cpr_number, now=now)
    outcome = check_caller_number(officer_id=agent.id, call_id=call_id, number=number_of(person), now=now)
    assert outcome == SupportRefused(SupportRefusal.WRONG_NUMBER, tries_left=2)


def test_blk_1_support_blocks_at_once_and_the_citizen_is_told(agent, person, identity_id, now):
    """BLK-1, BLK-3, SUP-2."""
    call_id = a_call_about(agent, person.cpr_number, now=now)
    outcome = block_for_caller(officer_id=agent.id, call_id=call_id, reason=BlockReason.LOST_DEVICE, now=now)
    assert outcome == Blocked()
    assert identity_by_id(identity_id).state is IdentityState.BLOCKED
    (block,) = standing_blocks_of(identity_id)
    assert (block.source, block.reason) == (BlockSource.SUPPORT, BlockReason.LOST_DEVICE)
    (event,) = events(EventKind.IDENTITY_BLOCKED)
    assert (event.actor_id, event.office_id) == (agent.id, agent.office.id)
    assert len(texts_sent(reference=identity_id, kind=MessageKind.IDENTITY_BLOCKED)) == 2
    again = block_for_caller(officer_id=agent.id, call_id=call_id, reason=BlockReason.LOST_DEVICE, now=now)
    assert again == SupportRefused(SupportRefusal.ALREADY_BLOCKED)


def test_reg_10_a_suspicion_that_support_hears_after_a_harmless_reason_takes_two_to_reopen(
    agent, person, identity_id, now
):
    """REG-10, BLK-3, ALR-2: who calls first must not decide how much care the reopening takes."""

    def block(reason):
        call_id = a_call_about(agent, person.cpr_number, now=now)
        return block_for_caller(officer_id=agent.id, call_id=call_id, reason=reason, now=now)

    assert block(BlockReason.LOST_DEVICE) == Blocked()
    assert block(BlockReason.SUSPECTED_MISUSE) == Noted()
    reasons = [event.facts["reason"] for event in events(EventKind.IDENTITY_BLOCKED)]
    assert reasons == [BlockReason.LOST_DEVICE, BlockReason.SUSPECTED_MISUSE]
    assert len(texts_sent(reference=identity_id, kind=MessageKind.IDENTITY_BLOCKED)) == 4
    for reason in (BlockReason.UNEXPECTED_ALERT, BlockReason.OWN_WISH):
        assert block(reason) == SupportRefused(SupportRefusal.ALREADY_BLOCKED)
    clerk = a_clerk(now=now)
    case_id = an_examined_case(clerk, person, now=now, purpose=CasePurpose.REOPEN)
    assert approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now) == AwaitsSecond()
    assert identity_by_id(identity_id).state is IdentityState.BLOCKED


def a_waiting_change(identity_id, *, now):
    with transaction.atomic():
        outcome = create_change(
            identity_id=identity_id,
            field=ChangeField.USER_ID,
            new_value="en helt ny sti",
            proof_id=None,
            login_id=identity_id,
            login_level=AssuranceLevel.SUBSTANTIAL,
            wait=timedelta(hours=1),
            lasts=timedelta(hours=24),
            stop_address=lambda token: f"https://portal.example/stop/{token}/",
            actor=Actor.citizen(identity_id),
            now=now,
        )
    assert isinstance(outcome, ChangeWaits), outcome
    return outcome.change_id


def test_chg_6_support_stops_a_change_of_an_identified_caller(agent, person, identity_id, now):
    """CHG-6, SUP-2."""
    change_id = a_waiting_change(identity_id, now=now)
    stranger = a_call_about(agent, person.cpr_number, now=now)
    refused = cancel_change_for_caller(officer_id=agent.id, call_id=stranger, change_id=change_id, now=now)
    assert refused == SupportRefused(SupportRefusal.NOT_IDENTIFIED)
    call_id = an_identified_call(agent, person, now=now)
    outcome = cancel_change_for_caller(officer_id=agent.id, call_id=call_id, change_id=change_id, now=now)
    assert outcome == ChangeStopped()
    assert pending_changes_of(identity_id, now=now) == []
    assert len(texts_sent(reference=identity_id, kind=MessageKind.CHANGE_STOPPED)) == 2
    for other in (change_id, identity_id):
        again = cancel_change_for_caller(officer_id=agent.id, call_id=call_id, change_id=other, now=now)
        assert again == SupportRefused(SupportRefusal.NOT_PENDING)


def test_sup_2_the_user_id_is_told_to_an_identified_caller(agent, person, identity_id, now):
    """SUP-2, SUP-3."""
    call_id = an_identified_call(agent, person, now=now)
    before = len(texts_sent(reference=identity_id, kind=MessageKind.OFFICER_ACTED))
    outcome = tell_user_id(officer_id=agent.id, call_id=call_id, now=now)
    assert outcome == UserIdTold(identity_by_id(identity_id).user_id)
    assert events(EventKind.USER_ID_TOLD)[0].subject_id == identity_id
    assert len(texts_sent(reference=identity_id, kind=MessageKind.OFFICER_ACTED)) == before + 2


def test_a_call_left_open_is_no_door_half_an_hour_later(agent, person, identity_id, now):
    call_id = an_identified_call(agent, person, now=now)
    late = now + timedelta(minutes=30)
    over = SupportRefused(SupportRefusal.CALL_OVER)
    assert tell_user_id(officer_id=agent.id, call_id=call_id, now=late) == over
    assert block_for_caller(officer_id=agent.id, call_id=call_id, reason=BlockReason.OWN_WISH, now=late) == over


def test_another_agents_call_is_not_there(agent, person, identity_id, now):
    call_id = an_identified_call(agent, person, now=now)
    other = a_support_agent(now=now)
    assert call_of(call_id, officer_id=other.id, now=now) is None
    with pytest.raises(SupportCall.DoesNotExist):
        tell_user_id(officer_id=other.id, call_id=call_id, now=now)


def test_sup_2_what_support_sees_has_no_contact_and_no_new_value(agent, person, identity_id, now):
    """SUP-2."""
    a_waiting_change(identity_id, now=now)
    before = call_of(a_call_about(agent, person.cpr_number, now=now), officer_id=agent.id, now=now)
    after = call_of(an_identified_call(agent, person, now=now), officer_id=agent.id, now=now)
    assert before.changes == []
    assert [change.field for change in after.changes] == [ChangeField.USER_ID]
    for view in (before, after):
        assert "helt ny sti" not in repr(view)
        assert "+4530" not in repr(view)
