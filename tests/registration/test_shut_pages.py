"""A case or a call that is finished is no window on a citizen (SUP-3)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.html import strip_tags
from uuid_utils.compat import uuid7

from identities.api import identity_by_id
from mitid_portal import clock
from registration.models import ControlQuestion, ProofingCase, SupportCall
from registration.queries import CallOver, call_of, case_of
from registration.registers.fixture import fixture_passport_of
from registration.rules.case import LOOK_UP_LASTS
from registration.rules.support import CALL_LASTS
from registration.states import CaseState
from registration.usecases.ask_questions import ask_questions
from registration.usecases.check_caller_number import check_caller_number
from tests.factories.registration import (
    a_call_about,
    a_case_about,
    a_clerk,
    a_handed_out_display,
    a_ready_case,
    a_support_agent,
    an_approved_case,
    logged_in,
    plain_people,
    record_the_passport,
)

pytestmark = pytest.mark.django_db
CASE_PAGES = [
    "case", "case-person", "case-passport", "case-questions", "case-contacts", "case-issue", "case-reopen",
    "case-second", "case-device", "case-refuse",
]  # fmt: skip


def address(name, **kwargs):
    return reverse(f"registration:{name}", kwargs=kwargs)


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
def clerk(at):
    return a_clerk(now=at)


@pytest.fixture
def desk(clerk, at):
    return logged_in(clerk.who, now=at)


@pytest.fixture
def person():
    return plain_people()[5]


def of_whom(person):
    number = person.cpr_number
    return [person.name, number, f"{number[:6]}-{number[6:]}", "ny.borger", "+4530"]


def pages_of(desk, case_id):
    urls = [address(name, case_id=case_id) for name in CASE_PAGES]
    urls += [address("case-contact-code", case_id=case_id, kind=kind) for kind in ("phone", "email")]
    return {url: desk.get(url).content.decode() for url in urls}


def shown(pages, secrets):
    return [(url, secret) for url, page in pages.items() for secret in secrets if secret in page]


def aged(case_id, *, by=LOOK_UP_LASTS):
    row = ProofingCase.objects.get(pk=case_id)
    ProofingCase.objects.filter(pk=case_id).update(looked_up_at=row.looked_up_at - by, opened_at=row.opened_at - by)


def test_sup_3_a_case_of_yesterday_shows_nobody(clerk, desk, person, at):
    """SUP-3: what it is, since when and whose, but not about whom."""
    case_id = a_ready_case(clerk, person, now=at)
    assert person.name in desk.get(address("case", case_id=case_id)).content.decode()
    aged(case_id)
    pages = pages_of(desk, case_id)
    assert shown(pages, of_whom(person)) == []
    view = case_of(case_id, office_id=clerk.office.id, now=at)
    assert (view.person, view.is_shut, view.is_live) == (None, True, True)
    assert [contact.value for contact in view.contacts.values()] == [None, None]
    rows = desk.get(address("case", case_id=case_id)).context["case_rows"]
    assert clerk.who.name in [row.value for row in rows]


def test_sup_3_a_decided_case_shows_nobody_at_once(clerk, desk, person, at):
    """SUP-3."""
    case_id, identity_id = an_approved_case(clerk, person, now=at)
    a_handed_out_display(clerk, case_id, now=at)
    secrets = [*of_whom(person), identity_by_id(identity_id).user_id, "KV-S"]
    assert shown(pages_of(desk, case_id), secrets) == []
    assert ProofingCase.objects.get(pk=case_id).state == CaseState.APPROVED


def test_sup_3_expected_answers_go_when_the_case_does(clerk, desk, person, at):
    """SUP-3."""
    case_id = a_case_about(clerk, person, now=at)
    record_the_passport(clerk, case_id, person, now=at)
    ask_questions(officer_id=clerk.id, case_id=case_id, now=at)
    questions = address("case-questions", case_id=case_id)
    assert desk.get(questions).context["present"] is not None
    present = ControlQuestion.objects.get(case_id=case_id, place=1)
    answer = address("case-answer", case_id=case_id, question_id=present.id)
    aged(case_id)
    for page in (desk.get(questions), desk.post(answer, {})):
        assert page.context["present"] is None
        assert 'class="question"' not in page.content.decode()
    desk.post(address("case-cancel", case_id=case_id))
    assert desk.get(questions).context["present"] is None


def test_reg_12_the_letter_bears_the_name_on_its_day_only(clerk, desk, person, at):
    """REG-12, SUP-3."""
    case_id = a_case_about(clerk, person, now=at)
    letter = desk.post(address("case-refuse", case_id=case_id), {"reason": "photo_differs"}).url
    assert person.name in desk.get(letter).content.decode()
    ProofingCase.objects.filter(pk=case_id).update(looked_up_at=at - LOOK_UP_LASTS)
    page = desk.get(letter)
    assert page.status_code == 200
    assert person.name not in page.content.decode()


def test_sup_3_a_call_that_is_over_leads_to_a_new_search_alone(clerk, person, at):
    """SUP-3: no page of it, asked for or sent, says anything of the citizen."""
    an_approved_case(clerk, person, now=at)
    agent = a_support_agent(now=at)
    phone = logged_in(agent.who, now=at)
    call_id = a_call_about(agent, person.cpr_number, now=at)
    check_caller_number(
        officer_id=agent.id, call_id=call_id, number=fixture_passport_of(person.cpr_number).number, now=at
    )
    question = ControlQuestion.objects.get(call_id=call_id, place=1)
    asked = [address(f"support-{name}", call_id=call_id) for name in ("citizen", "identify", "block", "user-id")]
    asked.append(address("support-answer", call_id=call_id, question_id=question.id))
    sent = [*asked[1:], address("support-stop-change", call_id=call_id, change_id=uuid7())]
    assert person.name in phone.get(asked[0]).content.decode()
    SupportCall.objects.update(opened_at=at - CALL_LASTS)
    assert call_of(call_id, officer_id=agent.id, now=at) == CallOver()
    pages = [(phone.get(url), 200) for url in asked] + [
        (phone.post(url, {"reason": "lost_device"}), 422) for url in sent
    ]
    for page, status in pages:
        assert page.status_code == status
        text = page.content.decode()
        assert address("support-search") in text
        assert "call" not in page.context
        words = strip_tags(text)  # a form's token may hold any digits
        assert person.name not in words
        fact = person.facts[question.topic]
        assert len(fact) < 4 or fact not in words  # "ja" and "2" stand on many a page


def test_sup_3_the_half_hour_ends_the_look_to_the_second(clerk, person, at):
    """SUP-3."""
    an_approved_case(clerk, person, now=at)
    agent = a_support_agent(now=at)
    call_id = a_call_about(agent, person.cpr_number, now=at)
    just = at + CALL_LASTS - timedelta(seconds=1)
    assert call_of(call_id, officer_id=agent.id, now=just).name == person.name
    assert call_of(call_id, officer_id=agent.id, now=at + CALL_LASTS) == CallOver()
