"""The backoffice's pages about authenticators, over HTTP: at the desk and on the phone."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from uuid_utils.compat import uuid7

from identities.api import AuthenticatorState, CodeNotGivenReason, IdentityState, identity_by_id
from identities.models import App
from mitid_portal import clock
from notifications.api import MessageKind
from notifications.models import Delivery
from registration.models import ControlQuestion, PaperCode, ProofingCase, SupportCall
from registration.rules.support import CALL_LASTS
from registration.states import CasePurpose, StockKind
from registration.texts import CODES_NOT_GIVEN, NOTED
from tests.factories.apps import Phone, an_app_code, begun
from tests.factories.authenticators import a_phone_changed_at, an_app_row
from tests.factories.identities import a_resident
from tests.factories.registration import (
    a_call_about,
    a_case_about,
    a_clerk,
    a_stocked_display,
    a_support_agent,
    a_visiting_case,
    an_approved_case,
    an_examined_case,
    identified,
    logged_in,
    plain_people,
    record_the_passport,
)
from tests.registration.clerks import as_person

pytestmark = pytest.mark.django_db
NEW = CasePurpose.NEW_AUTHENTICATOR
CODE = r"data-activation-code>([0-9A-Z]{3} [0-9A-Z]{3} [0-9A-Z]{4} [0-9A-Z]{4})<"
UNPROCESSABLE = 422


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
    return plain_people()[6]


@pytest.fixture
def resident(person, at):
    return a_resident(now=at, person=as_person(person))


@pytest.fixture
def agent(at):
    return a_support_agent(now=at)


@pytest.fixture
def phone(agent, at):
    return logged_in(agent.who, now=at)


@pytest.fixture
def call_id(agent, person, resident, at):
    return a_call_about(agent, person.cpr_number, now=at)


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_reg_1_a_citizen_with_an_identity_is_proven_and_takes_a_code_home(desk, clerk, person, resident, at):
    """REG-1, SEC-4: look-up, passport, questions, approval, sheet."""
    opened = desk.post(address("case-new"), {"purpose": "new_authenticator", "language": "en"})
    case_id = ProofingCase.objects.get().id
    assert desk.post(opened.url, {"cpr_number": person.cpr_number}).status_code == 302
    record_the_passport(clerk, case_id, person, now=at)
    desk.post(address("case-questions", case_id=case_id))
    for question in ControlQuestion.objects.filter(case_id=case_id):
        desk.post(address("case-answer", case_id=case_id, question_id=question.id), {"was_right": "yes"})
    approve = address("case-approve", case_id=case_id)
    assert desk.get(address("case", case_id=case_id)).context["progress"].next_url == approve
    assert desk.get(approve).status_code == 200
    assert desk.post(approve).url == address("case-device", case_id=case_id)
    for kind in ("app", "password"):
        sheet = desk.post(address("case-paper-code", case_id=case_id, kind=kind))
        assert re.search(CODE, sheet.content.decode()), kind
        assert "no-store" in sheet.headers["Cache-Control"]
        assert ("/app/<" in sheet.content.decode()) is (kind == "app")
        assert desk.get(address("case-paper-code", case_id=case_id, kind=kind)).url == address("case", case_id=case_id)
    refused = desk.post(address("case-paper-code", case_id=case_id, kind="chip"), follow=True)
    assert refused.request["PATH_INFO"] == address("case-device", case_id=case_id)
    assert said(refused) == [str(CODES_NOT_GIVEN[CodeNotGivenReason.OTHER_HALF])]
    assert PaperCode.objects.count() == 2
    assert desk.post(approve).url == address("case", case_id=case_id)
    assert desk.get(address("case", case_id=case_id)).context["progress"].next_url == ""


def test_an_audio_code_reader_has_its_own_words_on_the_sheet(desk, clerk, person, at):
    case_id, _ = an_approved_case(clerk, person, now=at)
    serial = a_stocked_display(clerk.office, now=at, kind=StockKind.AUDIO_READER)
    assert serial in desk.get(address("case-device", case_id=case_id)).content.decode()
    sheet = desk.post(address("case-sheet", case_id=case_id), {"serial": serial})
    assert sheet.context["kind"] == "audio_code_reader"
    assert re.search(CODE, sheet.content.decode())


def test_sec_7_a_new_phone_gets_no_code_for_the_app_and_the_page_says_why(desk, clerk, person, resident, at):
    """SEC-7."""
    case_id = a_visiting_case(clerk, person, now=at)
    a_phone_changed_at(resident.identity_id, at)
    page = desk.post(address("case-paper-code", case_id=case_id, kind="app"), follow=True)
    assert page.request["PATH_INFO"] == address("case-device", case_id=case_id)
    assert len(said(page)) == 1
    assert "120" in said(page)[0]


@pytest.mark.parametrize("kind", ["code_display", "audio_code_reader", "fax", "x" * 300])
def test_an_unknown_kind_of_paper_is_not_there(desk, clerk, person, at, kind):
    case_id, _ = an_approved_case(clerk, person, now=at)
    assert desk.post(address("case-paper-code", case_id=case_id, kind=kind)).status_code == 404


def test_blk_1_a_clerk_blocks_one_and_then_the_whole(desk, clerk, person, resident, at):
    """BLK-1."""
    app = an_app_row(resident.identity_id, now=at)
    case_id = a_case_about(clerk, person, now=at, purpose=NEW)
    page = desk.get(address("case", case_id=case_id))
    assert resident.device.serial not in page.content.decode()
    one = address("case-block-authenticator", case_id=case_id, kind="app", authenticator_id=app.id)
    assert one in [entry.block_url for entry in page.context["authenticators"]]
    assert desk.get(one).status_code == 200
    for reason in ("", "own", "<script>"):
        assert desk.post(one, {"reason": reason}).status_code == UNPROCESSABLE
    assert desk.post(one, {"reason": "lost_device"}).url == address("case", case_id=case_id)
    assert App.objects.get().state == AuthenticatorState.BLOCKED
    assert desk.get(one).status_code == desk.post(one, {"reason": "lost_device"}).status_code == 404
    whole = address("case-block", case_id=case_id)
    assert desk.get(whole).status_code == 200
    assert desk.post(whole, {"reason": ""}).status_code == UNPROCESSABLE
    assert desk.post(whole, {"reason": "own_wish"}).url == address("case", case_id=case_id)
    assert identity_by_id(resident.identity_id).state is IdentityState.BLOCKED
    assert desk.post(whole, {"reason": "own_wish"}).status_code == UNPROCESSABLE
    noted = desk.post(whole, {"reason": "suspected_misuse"}, follow=True)
    assert str(NOTED) in noted.content.decode()


def test_blk_3_the_page_of_support_says_that_a_graver_reason_was_noted(phone, call_id):
    """BLK-3."""
    url = address("support-block", call_id=call_id)
    assert str(NOTED) not in phone.post(url, {"reason": "lost_device"}, follow=True).content.decode()
    assert str(NOTED) in phone.post(url, {"reason": "unexpected_alert"}, follow=True).content.decode()
    assert phone.post(url, {"reason": "suspected_misuse"}).status_code == UNPROCESSABLE


def test_sup_3_a_decided_case_blocks_nothing_and_shows_no_authenticator(desk, clerk, person, resident, at):
    """SUP-3."""
    case_id = a_visiting_case(clerk, person, now=at)
    page = desk.get(address("case", case_id=case_id))
    assert page.context["authenticators"] == []
    assert not page.context["may_block"]
    device = resident.device.serial
    assert device not in page.content.decode()
    for name in ("case-block", "case-resync"):
        assert desk.get(address(name, case_id=case_id)).status_code == 404
        assert desk.post(address(name, case_id=case_id), {"reason": "own_wish"}).status_code == 404


def test_sec_3_a_clerk_finds_a_clock(desk, clerk, person, resident, at):
    """SEC-3."""
    case_id = an_examined_case(clerk, person, now=at, purpose=NEW)
    url = address("case-resync", case_id=case_id)
    assert desk.get(url).status_code == 200
    for typed in ({}, {"first_code": "12345", "second_code": "x"}, {"first_code": "000000", "second_code": "000000"}):
        assert desk.post(url, typed).status_code == UNPROCESSABLE, typed
    assert desk.post(url, two_codes(resident.device)).url == address("case", case_id=case_id)


def test_blk_3_a_clerk_reopens_what_is_suspended_by_a_button_of_the_case(desk, clerk, person, resident, at):
    """BLK-3."""
    app = an_app_row(resident.identity_id, now=at)
    App.objects.update(state=AuthenticatorState.SUSPENDED, suspended_by="support")
    looked_up = a_case_about(clerk, person, now=at, purpose=NEW)
    case_id = an_examined_case(clerk, person, now=at, purpose=NEW)
    url = address("case-reopen-authenticator", case_id=case_id, kind="app", authenticator_id=app.id)
    assert url in desk.get(address("case", case_id=case_id)).content.decode()
    assert "/reopen/" not in desk.get(address("case", case_id=looked_up)).content.decode()
    assert desk.get(url).status_code == 405
    assert desk.post(url).url == address("case", case_id=case_id)
    assert App.objects.get().state == AuthenticatorState.ACTIVE
    assert len(said(desk.post(url, follow=True))) == 2


def two_codes(device):
    there = clock.now() + timedelta(minutes=4)
    return {"first_code": device.code(there - timedelta(seconds=30)), "second_code": device.code(there)}


def test_sup_1_an_agent_blocks_one_for_whoever_calls_and_sends_nothing(phone, call_id, resident, at):
    """SUP-1, BLK-1."""
    app = an_app_row(resident.identity_id, now=at)
    page = phone.get(address("support-citizen", call_id=call_id))
    assert resident.device.serial not in page.content.decode()
    for name in ("support-send-code", "support-resync"):
        url = address(name, call_id=call_id)
        assert url not in page.content.decode()
        assert phone.get(url).url == phone.post(url, {"kind": "password"}).url == page.request["PATH_INFO"]
    assert phone.post(address("support-send-pin", call_id=call_id)).url == page.request["PATH_INFO"]
    one = address("support-block-authenticator", call_id=call_id, kind="app", authenticator_id=app.id)
    assert phone.get(one).status_code == 200
    assert phone.post(one, {"reason": "nothing"}).status_code == UNPROCESSABLE
    assert phone.post(one, {"reason": "suspected_misuse"}).url == page.request["PATH_INFO"]
    assert App.objects.get().state == AuthenticatorState.BLOCKED
    for kind, pk in (("app", app.id), ("chip", app.id), ("fax", app.id), ("app", uuid7())):
        url = address("support-block-authenticator", call_id=call_id, kind=kind, authenticator_id=pk)
        assert phone.get(url).status_code == phone.post(url, {"reason": "own_wish"}).status_code == 404
    assert not Delivery.objects.filter(kind=MessageKind.ACTIVATION_CODE).exists()


def test_sup_2_an_agent_sends_codes_to_an_identified_caller_and_sees_none(phone, call_id, resident, at):
    """SUP-2, SEC-5."""
    identified(call_id, now=at)
    back = address("support-citizen", call_id=call_id)
    assert resident.device.serial in phone.get(back).content.decode()
    code = address("support-send-code", call_id=call_id)
    assert 'value="app"' not in phone.get(code).content.decode()
    for kind in ("", "app", "chip", "fax"):
        assert phone.post(code, {"kind": kind}).status_code == UNPROCESSABLE
    assert phone.post(code, {"kind": "password"}).url == back
    assert Delivery.objects.filter(kind=MessageKind.ACTIVATION_CODE).count() == 1
    assert phone.post(code, {"kind": "code_display"}).status_code == UNPROCESSABLE
    pin = address("support-send-pin", call_id=call_id)
    assert len(said(phone.post(pin, follow=True))) == 1
    begun(resident.user_id, Phone(), code=an_app_code(resident.identity_id, now=at), now=at)
    before = Delivery.objects.filter(kind=MessageKind.TEMPORARY_PIN).count()
    assert phone.post(pin).url == back
    assert Delivery.objects.filter(kind=MessageKind.TEMPORARY_PIN).count() == before + 1
    a_phone_changed_at(resident.identity_id, at)
    refused = phone.post(code, {"kind": "password"})
    assert refused.status_code == UNPROCESSABLE
    assert "120" in str(refused.context["form"].errors)


def test_sec_3_an_agent_finds_a_clock(phone, call_id, resident, at):
    """SEC-3."""
    identified(call_id, now=at)
    url = address("support-resync", call_id=call_id)
    assert phone.get(url).status_code == 200
    assert phone.post(url, {"first_code": "000000", "second_code": "000000"}).status_code == UNPROCESSABLE
    assert phone.post(url, two_codes(resident.device)).url == address("support-citizen", call_id=call_id)


def test_sup_3_a_call_that_is_over_opens_none_of_these_pages(phone, call_id, resident, at):
    """SUP-3."""
    identified(call_id, now=at)
    app = an_app_row(resident.identity_id, now=at)
    SupportCall.objects.update(opened_at=at - CALL_LASTS)
    one = address("support-block-authenticator", call_id=call_id, kind="app", authenticator_id=app.id)
    for url in (one, *(address(name, call_id=call_id) for name in ("support-send-code", "support-resync"))):
        assert "call_over" in phone.get(url).template_name[0]
    assert phone.post(address("support-send-pin", call_id=call_id)).status_code == UNPROCESSABLE


def test_anothers_call_and_case_are_as_good_as_none(desk, phone, person, resident, at):
    app = an_app_row(resident.identity_id, now=at)
    call_id = a_call_about(a_support_agent(now=at), person.cpr_number, now=at)
    case_id = an_examined_case(a_clerk(now=at), person, now=at, purpose=NEW)
    one = {"kind": "app", "authenticator_id": app.id}
    for client, url in (
        (phone, address("support-block-authenticator", call_id=call_id, **one)),
        (phone, address("support-send-code", call_id=call_id)),
        (phone, address("support-send-pin", call_id=call_id)),
        (phone, address("support-resync", call_id=call_id)),
        (desk, address("case-block-authenticator", case_id=case_id, **one)),
        (desk, address("case-block", case_id=case_id)),
        (desk, address("case-resync", case_id=case_id)),
        (desk, address("case-approve", case_id=case_id)),
        (desk, address("case-paper-code", case_id=case_id, kind="app")),
    ):
        assert client.post(url, {"reason": "own_wish", "kind": "password"}).status_code == 404, url
    assert App.objects.get().state == AuthenticatorState.ACTIVE
