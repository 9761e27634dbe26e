"""A new case or a new call is no new chance within a day (REG-6, SUP-1)."""

from datetime import timedelta

import pytest

from audit.api import EventKind
from registration.models import ControlQuestion, ProofingCase
from registration.registers.fixture import fixture_passport_of
from registration.rules.case import StepRefusal
from registration.rules.support import SupportRefusal
from registration.states import CaseState, PersonRefusal, RefusalReason, Verdict
from registration.usecases.answer_caller_question import answer_caller_question
from registration.usecases.answer_question import Answered, answer_question
from registration.usecases.ask_questions import ask_questions
from registration.usecases.cancel_case import cancel_case
from registration.usecases.check_caller_number import QuestionsAsked, check_caller_number
from registration.usecases.look_up_citizen import LookedUp, PersonRefused
from registration.usecases.refuse_case import refuse_case
from registration.usecases.results import Ended, StepRefused, SupportRefused
from tests.factories.registration import (
    a_call_about,
    a_case_about,
    a_clerk,
    a_support_agent,
    an_approved_case,
    an_open_case,
    answer_all,
    plain_people,
    record_the_passport,
)
from tests.registration.clerks import events, look_up

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)


def a_round(clerk, person, *answers, now):
    case_id = a_case_about(clerk, person, now=now)
    record_the_passport(clerk, case_id, person, now=now)
    answer_all(clerk, case_id, *answers, now=now)
    return case_id


# --- at the desk ---


def test_reg_6_a_failed_round_can_only_be_refused(clerk, person, now):
    """REG-6, REG-12: the citizen is owed a decision, and the office a trace."""
    case_id = a_round(clerk, person, False, False, False, now=now)
    refused = cancel_case(officer_id=clerk.id, case_id=case_id, now=now)
    assert refused == StepRefused(StepRefusal.QUESTIONS_FAILED)
    reason = RefusalReason.QUESTIONS_FAILED
    ended = refuse_case(officer_id=clerk.id, case_id=case_id, reason=reason, now=now)
    assert ended == Ended(CaseState.REFUSED)


@pytest.mark.parametrize("answers", [(False, False, False), (False, False)], ids=["failed", "broken off"])
def test_reg_6_another_case_within_a_day_is_no_new_chance(clerk, person, now, answers):
    """REG-6: in whichever office; the next day, and for somebody else, it is."""
    a_round(clerk, person, *answers, now=now)
    other = a_clerk(now=now)
    case_id = an_open_case(other, now=now)
    just = now + DAY - timedelta(seconds=1)
    assert look_up(other, case_id, person.cpr_number, just) == PersonRefused(PersonRefusal.FAILED_LATELY)
    assert ProofingCase.objects.get(pk=case_id).person_sealed is None
    assert events(EventKind.CASE_REGISTER_REFUSED)[0].facts["reason"] == "failed_lately"
    somebody = plain_people()[1]
    assert look_up(other, case_id, somebody.cpr_number, just) == LookedUp(somebody.name)
    tomorrow = an_open_case(other, now=now)
    assert look_up(other, tomorrow, person.cpr_number, now + DAY) == LookedUp(person.name)


def test_reg_6_a_case_that_stood_ready_is_no_new_chance_either(clerk, person, now):
    """REG-6: neither before its questions are asked nor when they wait for answers."""
    ready, going = (a_case_about(clerk, person, now=now) for _ in range(2))
    for case_id in (ready, going):
        record_the_passport(clerk, case_id, person, now=now)
    ask_questions(officer_id=clerk.id, case_id=going, now=now)
    a_round(clerk, person, False, False, False, now=now)
    failed = StepRefused(StepRefusal.FAILED_LATELY)
    assert ask_questions(officer_id=clerk.id, case_id=ready, now=now) == failed
    question = ControlQuestion.objects.filter(case_id=going).first()
    answered = answer_question(officer_id=clerk.id, case_id=going, question_id=question.id, was_right=True, now=now)
    assert answered == failed


def test_reg_6_a_round_that_was_passed_counts_against_nobody(clerk, person, now):
    """REG-6."""
    a_round(clerk, person, False, True, False, True, now=now)
    assert look_up(clerk, an_open_case(clerk, now=now), person.cpr_number, now) == LookedUp(person.name)


def test_a_look_of_yesterday_is_not_renewed_in_the_same_case(clerk, person, now):
    case_id = a_case_about(clerk, person, now=now)
    assert look_up(clerk, case_id, person.cpr_number, now + DAY) == StepRefused(StepRefusal.TOO_OLD)


# --- on the phone ---


@pytest.fixture
def caller(now):
    person = plain_people()[3]
    an_approved_case(a_clerk(now=now), person, now=now)
    return person


def give(agent, call_id, number, now):
    return check_caller_number(officer_id=agent.id, call_id=call_id, number=number, now=now)


def answer(agent, call_id, *answers, now):
    outcome = None
    for place, was_right in enumerate(answers, start=1):
        question = ControlQuestion.objects.get(call_id=call_id, place=place)
        outcome = answer_caller_question(
            officer_id=agent.id, call_id=call_id, question_id=question.id, was_right=was_right, now=now
        )
    return outcome


def test_sup_1_wrong_numbers_are_counted_over_all_calls_of_a_day(caller, now):
    """SUP-1: with whichever agent."""
    first, second = a_support_agent(now=now), a_support_agent(now=now)
    right = fixture_passport_of(caller.cpr_number).number
    call_id = a_call_about(first, caller.cpr_number, now=now)
    assert [give(first, call_id, f"XX000000{n}", now).tries_left for n in (1, 2)] == [2, 1]
    again = a_call_about(second, caller.cpr_number, now=now)
    assert give(second, again, "XX0000003", now) == SupportRefused(SupportRefusal.WRONG_NUMBER, tries_left=0)
    late = now + DAY - timedelta(seconds=1)
    third = a_call_about(first, caller.cpr_number, now=late)
    assert give(first, third, right, late) == SupportRefused(SupportRefusal.NO_TRIES_LEFT)
    later = now + DAY + timedelta(minutes=30)
    assert give(first, a_call_about(first, caller.cpr_number, now=later), right, later) == QuestionsAsked()


@pytest.mark.parametrize("answers", [(False, False, False), (False, False)], ids=["failed", "broken off"])
def test_sup_1_another_call_within_a_day_is_no_new_chance(caller, now, answers):
    """SUP-1: with whichever agent, and not in a call that went on beside the failed one."""
    first, second = a_support_agent(now=now), a_support_agent(now=now)
    right = fixture_passport_of(caller.cpr_number).number
    failing, beside = (a_call_about(one, caller.cpr_number, now=now) for one in (first, second))
    assert give(first, failing, right, now) == give(second, beside, right, now) == QuestionsAsked()
    answer(first, failing, *answers, now=now)
    failed = SupportRefused(SupportRefusal.FAILED)
    assert answer(second, beside, True, now=now) == failed
    just = now + DAY - timedelta(seconds=1)
    assert give(second, a_call_about(second, caller.cpr_number, now=just), right, just) == failed
    tomorrow = now + DAY
    call_id = a_call_about(second, caller.cpr_number, now=tomorrow)
    assert give(second, call_id, right, tomorrow) == QuestionsAsked()
    assert answer(second, call_id, True, True, True, now=tomorrow) == Answered(Verdict.PASSED)
