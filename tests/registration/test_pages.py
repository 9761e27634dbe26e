"""The backoffice's pages: the whole way, who may see what, bad input, query counts."""

import re
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from uuid_utils.compat import uuid7

from audit.api import Actor
from identities.api import (
    BlockReason,
    BlockSource,
    ContactKind,
    IdentityState,
    block_identity,
    identity_by_cpr_number,
    identity_by_id,
)
from mitid_portal import clock
from registration.models import ControlQuestion, Officer, ProofingCase, StockItem, SupportCall
from registration.registers.fixture import fixture_passport_of
from registration.rules.cpr import masked
from registration.states import CaseState, OfficerRole, RefusalReason
from registration.texts import REFUSAL_REASONS
from tests.factories.identities import a_resident, code_sent_to
from tests.factories.registration import (
    a_call_about,
    a_case_about,
    a_clerk,
    a_ready_case,
    a_stocked_display,
    a_support_agent,
    an_approved_case,
    an_examined_case,
    an_office,
    an_officer_of,
    an_open_case,
    logged_in,
    plain_people,
    record_the_passport,
)

pytestmark = pytest.mark.django_db
UNPROCESSABLE, UNAVAILABLE = 422, 503
BAD = {
    "empty": "",
    "too long": "x" * 5000,
    "null byte": "abc\x00def",
    "right-to-left mark": "abc\u202edef",
    "homoglyphs": "аЬс١٢٣",
    "markup": "<script>alert(1)</script>",
}


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


def errors_of(response, field=None):
    form = response.context["form"]
    return form.errors.get(field or "__all__", [])


def test_the_whole_way_from_the_queue_to_the_sheet(desk, clerk, person, at):
    """REG-1 to REG-6, SEC-4."""
    serial = a_stocked_display(clerk.office, now=at)
    passport = fixture_passport_of(person.cpr_number)
    assert desk.get(address("officer-home")).status_code == 200
    opened = desk.post(address("case-new"), {"purpose": "issue", "language": "da"})
    case_id = ProofingCase.objects.get().id
    assert opened.url == address("case-person", case_id=case_id)
    found = desk.post(opened.url, {"cpr_number": f"{person.cpr_number[:6]}-{person.cpr_number[6:]}"})
    assert found.url == address("case-passport", case_id=case_id)
    lines = {"line_1": passport.line_1.lower(), "line_2": passport.line_2, "is_photo_compared": "on"}
    recorded = desk.post(found.url, lines)
    assert recorded.url == address("case-questions", case_id=case_id)
    assert desk.post(recorded.url).url == recorded.url
    for question in ControlQuestion.objects.order_by("place"):
        page = desk.get(recorded.url)
        assert page.context["present"].id == question.id
        assert person.facts[question.topic] in page.content.decode().replace("&#x27;", "'")
        answer_url = address("case-answer", case_id=case_id, question_id=question.id)
        answered = desk.post(answer_url, {"was_right": "yes"})
    assert answered.url == address("case", case_id=case_id)
    assert desk.get(answered.url).context["progress"].next_url == address("case-contacts", case_id=case_id)
    for kind, value in (("phone", "20 30 40 50"), ("email", "ny.borger@example.dk")):
        sent = desk.post(address("case-contact", case_id=case_id, kind=kind), {"value": value})
        code = code_sent_to(owner_id=case_id, kind=ContactKind(kind))
        taken = desk.post(sent.url, {"code": f"{code[:3]} {code[3:]}"})
        assert taken.url == address("case-contacts", case_id=case_id)
    issued = desk.post(address("case-issue", case_id=case_id), {"user_id": "Grøn Skovsti 7"})
    assert issued.url == address("case-device", case_id=case_id)
    assert serial in desk.get(issued.url).content.decode()
    sheet = desk.post(address("case-sheet", case_id=case_id), {"serial": serial.lower()})
    assert sheet.status_code == 200
    assert re.search(r"data-activation-code>[0-9A-Z]{3} [0-9A-Z]{3} [0-9A-Z]{4} [0-9A-Z]{4}<", sheet.content.decode())
    assert "no-store" in sheet.headers["Cache-Control"]
    assert desk.get(address("case-sheet", case_id=case_id)).url == address("case", case_id=case_id)
    assert desk.get(address("case", case_id=case_id)).status_code == 200
    assert StockItem.objects.get(serial=serial).case_id == case_id
    assert identity_by_cpr_number(person.cpr_number).user_id == "Grøn Skovsti 7"


def test_support_finds_identifies_and_blocks(clerk, person, at):
    """SUP-1, SUP-2, BLK-1."""
    _, identity_id = an_approved_case(clerk, person, now=at)
    phone = logged_in(a_support_agent(now=at).who, now=at)
    search = {"found_by": "cpr_number", "text": person.cpr_number, "reason": "lost_device"}
    found = phone.post(address("support-search"), search)
    call_id = SupportCall.objects.get().id
    assert found.url == address("support-citizen", call_id=call_id)
    page = phone.get(found.url).content.decode()
    assert masked(person.cpr_number) in page
    assert person.cpr_number not in page.replace("-", "")
    assert "example.dk" not in page
    identify = address("support-identify", call_id=call_id)
    wrong = phone.post(identify, {"number": "XX0000001"})
    assert wrong.status_code == UNPROCESSABLE
    assert phone.post(identify, {"number": fixture_passport_of(person.cpr_number).number}).url == identify
    for question in ControlQuestion.objects.filter(call_id=call_id).order_by("place"):
        assert phone.get(identify).context["present"].id == question.id
        answer_url = address("support-answer", call_id=call_id, question_id=question.id)
        assert phone.post(answer_url, {}).status_code == UNPROCESSABLE
        phone.post(answer_url, {"was_right": "yes"})
    assert phone.get(found.url).context["call"].is_identified
    told = phone.post(address("support-user-id", call_id=call_id))
    assert identity_by_id(identity_id).user_id in told.content.decode()
    blocked = phone.post(address("support-block", call_id=call_id), {"reason": "lost_device"})
    assert blocked.url == found.url
    assert identity_by_id(identity_id).state is IdentityState.BLOCKED
    assert phone.post(address("support-block", call_id=call_id), {"reason": "lost_device"}).status_code == 422


def test_blk_2_a_clerk_reopens_and_after_fraud_two_do(clerk, desk, person, at):
    """BLK-2, REG-10."""
    _, identity_id = an_approved_case(clerk, person, now=at)
    with transaction.atomic():
        block_identity(
            identity_id=identity_id, source=BlockSource.FRAUD, reason=BlockReason.FRAUD, actor=Actor.system(), now=at
        )
    opened = desk.post(address("case-new"), {"purpose": "reopen", "language": "en"})
    case_id = ProofingCase.objects.order_by("-id").first().id
    assert desk.post(opened.url, {"cpr_number": person.cpr_number}).status_code == 302
    record_the_passport(clerk, case_id, person, now=at)
    desk.post(address("case-questions", case_id=case_id))
    for question in ControlQuestion.objects.filter(case_id=case_id):
        desk.post(address("case-answer", case_id=case_id, question_id=question.id), {"was_right": "yes"})
    desk.get(address("case-reopen", case_id=case_id))
    desk.post(address("case-reopen", case_id=case_id))
    assert desk.post(address("case-second", case_id=case_id)).status_code == 302
    assert identity_by_id(identity_id).state is IdentityState.BLOCKED
    other = logged_in(an_officer_of(clerk.office, now=at).who, now=at)
    assert other.get(address("case-second", case_id=case_id)).status_code == 200
    other.post(address("case-second", case_id=case_id))
    assert identity_by_id(identity_id).state is IdentityState.ACTIVE


def test_reg_12_the_refusal_is_printed_with_its_reason(clerk, desk, person, at):
    """REG-12."""
    case_id = a_case_about(clerk, person, now=at)
    assert desk.get(address("case-refusal", case_id=case_id)).status_code == 404
    letter = desk.post(address("case-refuse", case_id=case_id), {"reason": "photo_differs"})
    page = desk.get(letter.url).content.decode()
    assert "Torvet 1" in page
    assert 'class="print-sheet" lang="da"' in " ".join(page.split())
    in_english = desk.get(letter.url, headers={"accept-language": "en"}).content.decode()
    with translation.override("da"):
        assert translation.gettext("Decision on your identity") in in_english
        assert str(REFUSAL_REASONS[RefusalReason.PHOTO_DIFFERS]) in in_english  # the person's language, not the clerk's
    assert desk.get(address("case", case_id=case_id)).status_code == 200
    second = an_open_case(clerk, now=at)
    assert desk.post(address("case-cancel", case_id=second)).url == address("cases")
    assert ProofingCase.objects.get(pk=second).state == CaseState.CANCELLED


# --- who may see what ---

CLERK_PAGES = ["cases", "case-new"]
CASE_PAGES = [
    "case", "case-person", "case-passport", "case-questions", "case-contacts", "case-issue", "case-reopen",
    "case-second", "case-device", "case-refuse",
]  # fmt: skip
CALL_PAGES = ["support-citizen", "support-identify", "support-block"]


@pytest.mark.parametrize("role", [*OfficerRole, None])
def test_reg_11_each_role_sees_its_own_wing(role, person, at):
    """REG-11: the wrong role gets the same 404 as an address that is not there."""
    office = an_office(now=at)
    clerk, agent = an_officer_of(office, now=at), an_officer_of(office, now=at, role=OfficerRole.SUPPORT)
    case_id = a_case_about(clerk, person, now=at)
    cited = an_approved_case(clerk, plain_people()[7], now=at)[1]
    who = {OfficerRole.CLERK: clerk.who, OfficerRole.SUPPORT: agent.who}.get(role)
    if who is None:
        who = a_resident(now=at) if role is None else an_officer_of(office, now=at, role=role).who
    call_id = a_call_about(agent, plain_people()[7].cpr_number, now=at)
    assert SupportCall.objects.get().identity_id == cited
    client = logged_in(who, now=at)
    clerks = [address(name) for name in CLERK_PAGES] + [address(name, case_id=case_id) for name in CASE_PAGES]
    supports = [address("support-search")] + [address(name, call_id=call_id) for name in CALL_PAGES]
    expected = dict.fromkeys(clerks, 200 if role is OfficerRole.CLERK else 404)
    expected |= dict.fromkeys(supports, 200 if role is OfficerRole.SUPPORT else 404)
    expected[address("officer-home")] = 404 if role is None else 200
    assert {url: client.get(url).status_code for url in expected} == expected


def test_who_is_not_logged_in_is_sent_to_the_backoffices_door(at):
    response = Client().get(address("cases"))
    assert (response.status_code, response.url.split("?")[0]) == (302, reverse("authentication:officer-log-in"))


def test_another_offices_case_is_as_good_as_none(desk, person, at):
    foreign = a_case_about(a_clerk(now=at), person, now=at)
    for case_id in (foreign, uuid7()):
        for name in CASE_PAGES:
            assert desk.get(address(name, case_id=case_id)).status_code == 404
        for name in ("case-questions", "case-reopen", "case-second", "case-cancel", "case-sheet", "case-refuse"):
            assert desk.post(address(name, case_id=case_id), {"serial": "KV-1", "reason": "x"}).status_code == 404
    assert ProofingCase.objects.get(pk=foreign).state == CaseState.OPEN


def test_another_agents_call_is_as_good_as_none(clerk, person, at):
    an_approved_case(clerk, person, now=at)
    foreign = a_call_about(a_support_agent(now=at), person.cpr_number, now=at)
    phone = logged_in(a_support_agent(now=at).who, now=at)
    for call_id in (foreign, uuid7()):
        for name in CALL_PAGES:
            assert phone.get(address(name, call_id=call_id)).status_code == 404
        assert phone.post(address("support-user-id", call_id=call_id)).status_code == 404
        stop = address("support-stop-change", call_id=call_id, change_id=uuid7())
        assert phone.post(stop).status_code == 404


def test_a_question_of_another_case_is_not_answered_here(clerk, desk, at):
    mine, other = (a_case_about(clerk, one, now=at) for one in plain_people()[:2])
    record_the_passport(clerk, other, plain_people()[1], now=at)
    desk.post(address("case-questions", case_id=other))
    question = ControlQuestion.objects.first()
    response = desk.post(address("case-answer", case_id=mine, question_id=question.id), {"was_right": "yes"})
    assert response.status_code == 404
    assert ControlQuestion.objects.filter(was_right__isnull=False).count() == 0


def test_a_right_that_ended_shuts_the_door_at_once(clerk, desk, at):
    """REG-11."""
    assert desk.get(address("cases")).status_code == 200
    Officer.objects.filter(pk=clerk.id).update(ended_at=at)
    assert desk.get(address("cases")).status_code == 404


def test_a_post_without_its_token_is_refused(clerk, at):
    client = Client(enforce_csrf_checks=True)
    client.cookies = logged_in(clerk.who, now=at).cookies
    assert client.post(address("case-new"), {"purpose": "issue", "language": "da"}).status_code == 403
    assert not ProofingCase.objects.exists()


# --- bad input ---


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad_input_is_said_beside_the_field_and_nothing_is_lost(clerk, desk, person, at, text):
    """Status 422, nothing stored, what was typed stands there again."""
    opened, looked_up = an_open_case(clerk, now=at), a_case_about(clerk, person, now=at)
    ready = a_ready_case(clerk, plain_people()[8], now=at)
    approved, _ = an_approved_case(clerk, plain_people()[9], now=at)
    passport = fixture_passport_of(person.cpr_number)
    before = list(ProofingCase.objects.order_by("id").values())
    pages = [
        (address("case-new"), {"purpose": text, "language": text}, "purpose"),
        (address("case-person", case_id=opened), {"cpr_number": text}, "cpr_number"),
        (
            address("case-passport", case_id=looked_up),
            {"line_1": text, "line_2": passport.line_2, "is_photo_compared": "on"},
            "line_1",
        ),
        (
            address("case-passport", case_id=looked_up),
            {"line_1": passport.line_1, "line_2": text, "is_photo_compared": "on"},
            "line_2",
        ),
        (address("case-contact", case_id=ready, kind="phone"), {"value": text}, "value"),
        (address("case-contact", case_id=ready, kind="email"), {"value": text}, "value"),
        (address("case-contact-code", case_id=ready, kind="phone"), {"code": text}, "code"),
        (address("case-issue", case_id=ready), {"user_id": text}, "user_id"),
        (address("case-sheet", case_id=approved), {"serial": text}, "serial"),
        (address("case-refuse", case_id=opened), {"reason": text}, "reason"),
    ]
    for url, typed, field in pages:
        response = desk.post(url, typed)
        assert response.status_code == UNPROCESSABLE, url
        assert errors_of(response, field), url
        assert response.context["form"][field].value() == text, url
        assert "<script>alert" not in response.content.decode()
    assert list(ProofingCase.objects.order_by("id").values()) == before


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad_input_in_supports_wing(clerk, person, at, text):
    an_approved_case(clerk, person, now=at)
    agent = a_support_agent(now=at)
    call_id = a_call_about(agent, person.cpr_number, now=at)
    phone = logged_in(agent.who, now=at)
    pages = [
        (address("support-search"), {"found_by": "user_id", "text": text, "reason": "lost_device"}, "text"),
        (address("support-search"), {"found_by": "cpr_number", "text": text, "reason": "lost_device"}, "text"),
        (address("support-search"), {"found_by": "user_id", "text": "skovtrold", "reason": text}, "reason"),
        (address("support-identify", call_id=call_id), {"number": text}, "number"),
        (address("support-block", call_id=call_id), {"reason": text}, "reason"),
    ]
    for url, typed, field in pages:
        response = phone.post(url, typed)
        assert response.status_code == UNPROCESSABLE, url
        assert errors_of(response, field), url
    assert SupportCall.objects.count() == 1


def test_an_unknown_kind_of_contact_is_not_there(clerk, desk, person, at):
    case_id = an_examined_case(clerk, person, now=at)
    assert desk.get(address("case-contact", case_id=case_id, kind="fax")).status_code == 404


def test_a_mangled_cursor_shows_the_newest(desk, clerk, at):
    an_open_case(clerk, now=at)
    for before in ("", "x", "-", "%27"):
        assert len(desk.get(f"{address('cases')}?before={before}").context["lines"]) == 1


@override_settings(
    CIVIL_REGISTER="registration.registers.http.HttpCivilRegister", CIVIL_REGISTER_URL="http://127.0.0.1:9"
)
def test_a_register_that_is_away_is_said_plainly(clerk, desk, person, at):
    case_id = an_open_case(clerk, now=at)
    response = desk.post(address("case-person", case_id=case_id), {"cpr_number": person.cpr_number})
    assert response.status_code == UNAVAILABLE
    assert errors_of(response)
    assert response.context["form"]["cpr_number"].value() == person.cpr_number
    assert ProofingCase.objects.get().person_sealed is None


# --- lists and queries ---


def test_the_queue_goes_on_where_a_page_ends(desk, clerk, at):
    """Keyset paging, the office's own cases only."""
    an_open_case(a_clerk(now=at), now=at)
    mine = [an_open_case(clerk, now=at) for _ in range(25)]
    first = desk.get(address("cases"))
    second = desk.get(first.context["older_url"])
    shown = [UUID(line.url.split("/")[-2]) for line in [*first.context["lines"], *second.context["lines"]]]
    assert shown == mine[::-1]
    assert not second.context["older_url"]
    assert second.context["newest_url"]


@pytest.mark.parametrize(
    ("name", "most"), [("cases", 8), ("case", 16), ("case-questions", 16), ("case-issue", 16), ("case-device", 17)]
)
def test_a_page_asks_no_more_queries_however_much_there_is(desk, clerk, person, at, name, most):
    case_id = a_ready_case(clerk, person, now=at)
    for _ in range(5):
        an_open_case(clerk, now=at)
    url = address(name) if name == "cases" else address(name, case_id=case_id)
    desk.get(url)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert desk.get(url).status_code == 200
    assert len(queries) <= most, [query["sql"][:120] for query in queries]
