"""The auditor's pages: who is let in, what stands on them, bad input, paging, query counts."""

from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from uuid_utils.compat import uuid7

from audit.api import Actor, EventKind
from audit.models import AuditEvent
from mitid_portal import clock
from registration.models import Officer, RaOrganisation
from registration.states import OfficerRole
from registration.views.auditor.log import LINES
from tests.factories.identities import a_resident
from tests.factories.registration import a_clerk, an_office, an_officer_of, logged_in
from tests.registration.auditors import an_auditor, happened, looks, newest_id, of_officer, sealed, verified

pytestmark = pytest.mark.django_db
NOT_THERE, UNPROCESSABLE = 404, 422
ENGLISH, DANISH = {"accept-language": "en"}, {"accept-language": "da"}


def address(name, **kwargs):
    return reverse(f"registration:{name}", kwargs=kwargs)


LOG, SEALS = address("log"), address("log-seals")


@pytest.fixture
def at():
    return clock.now().replace(microsecond=0)


@pytest.fixture
def auditor(at):
    return an_auditor(now=at)


@pytest.fixture
def desk(auditor, at):
    return logged_in(auditor.who, now=at)


def text_of(response):
    return " ".join(unescape(response.content.decode()).split())


def event_url(row_id):
    row = AuditEvent.objects.get(id=row_id)
    return address("log-event", key=f"{round(row.at.timestamp() * 1_000_000)}-{row.id}")


# --- who is let in ---


@pytest.mark.parametrize("role", [*OfficerRole, None])
def test_reg_11_the_auditors_wing_is_for_auditors(role, at):
    """REG-11: for everybody else it is not there, nor is a link to it, and nothing is written down."""
    row_id = happened(at=at, subject=uuid7())
    who = an_officer_of(an_office(now=at), now=at, role=role).who if role else a_resident(now=at)
    client = logged_in(who, now=at)
    is_auditor = role is OfficerRole.AUDITOR
    rows = AuditEvent.objects.count()
    expected = 200 if is_auditor else NOT_THERE
    urls = [LOG, f"{LOG}?kind=", SEALS, event_url(row_id)]
    assert [client.get(url).status_code for url in urls] == [expected] * len(urls)
    assert AuditEvent.objects.count() == rows + (3 if is_auditor else 0)
    if role:
        assert (LOG in client.get(address("officer-home")).content.decode()) is is_auditor


def test_who_is_not_logged_in_is_sent_to_the_backoffices_door(at):
    row_id = happened(at=at)
    for url in (LOG, SEALS, event_url(row_id)):
        response = Client().get(url)
        assert (response.status_code, response.url.split("?")[0]) == (302, reverse("authentication:officer-log-in"))


def test_reg_11_a_right_that_ended_or_ran_out_shuts_the_door_at_once(auditor, desk, at):
    """REG-11."""
    assert desk.get(LOG).status_code == 200
    yesterday = at.date() - timedelta(days=1)
    RaOrganisation.objects.update(agreed_on=yesterday, agreement_until=yesterday)
    assert desk.get(LOG).status_code == NOT_THERE
    RaOrganisation.objects.update(agreement_until=at.date() + timedelta(days=9))
    assert desk.get(LOG).status_code == 200
    Officer.objects.filter(pk=auditor.id).update(ended_at=at)
    assert desk.get(LOG).status_code == NOT_THERE


def test_nothing_is_sent_to_the_log_by_its_pages(desk, at):
    for url in (LOG, SEALS, event_url(happened(at=at, subject=uuid7()))):
        assert desk.post(url, {"kind": ""}).status_code == 405


# --- the log ---


def test_the_address_alone_shows_the_form_and_is_no_look(desk):
    page = desk.get(LOG)
    assert "lines" not in page.context
    assert looks(EventKind.LOG_SEARCHED) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (ENGLISH, ["Support found a citizen", "Officer", "Not yet sealed", "Somebody who was not logged in"]),
        (DANISH, ["kl. "]),
    ],
)
def test_a_line_says_when_what_who_about_whom_and_with_which_seal(desk, at, language, words):
    subject, clerk = uuid7(), a_clerk(now=at)
    sealed_id = happened(at=at, subject=subject, actor=Actor.visitor(), kind=EventKind.LOGIN_REFUSED)
    sealed(number=1, last_id=sealed_id, at=at)
    sealed(number=2, last_id=sealed_id, at=at, late=[1])
    facts = {"reason": "lost_device", "is_right": True, "tries": 3, "level": None}
    happened(at=at, subject=subject, actor=of_officer(clerk), kind=EventKind.CITIZEN_FOUND, facts=facts)
    page = desk.get(LOG, {"subject": str(subject)}, headers=language)
    text = text_of(page)
    for word in [*words, str(subject), str(clerk.id), "Borgerservice", "lost_device", "true", "null"]:
        assert word in text, word
    newer, older = page.context["lines"]
    assert (newer.seal, older.seal) == (None, 1)
    assert f"?actor={clerk.id}" in newer.actor_url


def test_every_filter_is_taken_and_stands_in_the_form_again(desk, at):
    subject, clerk = uuid7(), a_clerk(now=at)
    wanted = happened(at=at, subject=subject, actor=of_officer(clerk), kind=EventKind.CASE_OPENED)
    happened(at=at, subject=subject, actor=of_officer(clerk), kind=EventKind.CASE_REFUSED)
    happened(at=at - timedelta(days=3), subject=subject, actor=of_officer(clerk), kind=EventKind.CASE_OPENED)
    typed = {
        "subject": f" {str(subject).upper()} ",
        "actor": clerk.id.hex,
        "kind": "registration.case_opened",
        "since": (at - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"),
        "until": (at + timedelta(days=1)).strftime("%Y-%m-%d"),
    }
    page = desk.get(LOG, typed)
    assert [line.url for line in page.context["lines"]] == [event_url(wanted)]
    assert {name: page.context["form"][name].value() for name in typed} == typed
    (look,) = looks(EventKind.LOG_SEARCHED)
    assert look.facts["filters"] == "subject+actor+kind+since+until"


def test_nothing_found_is_said(desk):
    assert "Nothing." in text_of(desk.get(LOG, {"subject": str(uuid7())}, headers=ENGLISH))


BAD = {
    "too short": "01890a5d",
    "one too many": "01890a5d-ac96-774b-bcce-b302099a80571",
    "not hexadecimal": "01890a5d-ac96-774b-bcce-b302099a805g",
    "half of the hyphens": "01890a5d-ac96774b-bcce-b302099a8057",
    "too long": "a" * 5000,
    "other digits": "٠" * 32,
    "markup": "<script>alert(1)</script>",
    "a name": "Åse Ørsted",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
@pytest.mark.parametrize("field", ["subject", "actor"])
def test_a_malformed_reference_is_said_and_stands_there_again(desk, field, text):
    page = desk.get(LOG, {field: text, "kind": "registration.case_opened"}, headers=ENGLISH)
    assert page.status_code == UNPROCESSABLE
    assert page.context["form"].errors[field]
    assert page.context["form"][field].value() == text
    assert page.context["form"]["kind"].value() == "registration.case_opened"
    assert "<script>alert" not in page.content.decode()
    assert looks(EventKind.LOG_SEARCHED) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-02-30T12:00"}, "since"),
        ({"since": "2026-11-23T25:00"}, "since"),
        ({"until": "0001-01-01T00:00"}, "until"),
        ({"until": "9999-12-31T23:59"}, "until"),
        ({"since": "2026-03-29T02:30"}, "since"),  # the clocks go from 2 to 3
        ({"since": "2026-11-23T12:00+05:00"}, "since"),
        ({"since": "2026-11-23T12:00", "until": "2026-11-23T12:00"}, "until"),
        ({"kind": "registration.no_such_thing"}, "kind"),
    ],
)
def test_a_time_or_kind_that_there_is_not_is_said(desk, typed, field):
    page = desk.get(LOG, typed)
    assert page.status_code == UNPROCESSABLE
    assert page.context["form"].errors[field]


def test_times_are_danish_and_the_hour_that_comes_twice_is_taken_whole(desk):
    page = desk.get(LOG, {"since": "2026-10-25T02:00", "until": "2026-10-25T02:30"})
    filters = page.context["form"].filters()
    assert f"{filters.since:%H:%M %Z}" == "00:00 UTC"
    assert f"{filters.until:%H:%M %Z}" == "01:30 UTC"
    summer = desk.get(LOG, {"since": "2026-07-01 12.00"}).context["form"].filters()
    assert f"{summer.since:%H:%M %Z}" == "10:00 UTC"


def test_reg_10_ones_own_references_are_refused_with_a_reason(auditor, desk):
    """REG-10."""
    page = desk.get(LOG, {"subject": str(auditor.who.identity_id)}, headers=ENGLISH)
    assert page.status_code == UNPROCESSABLE
    assert "This is your own identity. Another auditor must look at what is about it." in text_of(page)
    page = desk.get(LOG, {"actor": str(auditor.id)}, headers=ENGLISH)
    assert page.status_code == UNPROCESSABLE
    assert "These are your own acts. Another auditor must look at them." in text_of(page)
    assert len(looks(EventKind.LOG_SEARCH_REFUSED)) == 2


def test_a_list_goes_on_where_a_page_ends_with_the_same_filters(desk, at):
    subject = uuid7()
    mine = [happened(at=at, subject=subject) for _ in range(LINES + 5)]
    happened(at=at, subject=uuid7())
    first = desk.get(LOG, {"subject": str(subject), "kind": "authentication.login_succeeded"})
    second = desk.get(first.context["older_url"])
    urls = [line.url for page in (first, second) for line in page.context["lines"]]
    assert [int(url.strip("/").rpartition("-")[2]) for url in urls] == mine[::-1]
    assert (first.context["newest_url"], second.context["older_url"]) == ("", "")
    newest = desk.get(second.context["newest_url"])
    assert [line.url for line in newest.context["lines"]] == urls[:LINES]
    assert newest.context["form"]["kind"].value() == "authentication.login_succeeded"


def test_an_empty_search_lists_everything_and_pages_too(desk, at):
    for _ in range(LINES + 1):
        happened(at=at)
    first = desk.get(LOG, {"subject": "", "actor": "", "kind": "", "since": "", "until": ""})
    second = desk.get(first.context["older_url"])
    assert second.context["lines"]
    assert len(desk.get(second.context["newest_url"]).context["lines"]) == LINES


@pytest.mark.parametrize("before", ["x", "-", "1-", "-1", "٣-٣", "1" * 17 + "-1", "1-" + "1" * 19, "%27"])
def test_a_mangled_cursor_shows_the_newest(desk, at, before):
    subject = uuid7()
    happened(at=at, subject=subject)
    for url in (f"{LOG}?subject={subject}&before={before}", f"{SEALS}?before={before}"):
        page = desk.get(url)
        assert page.status_code == 200
        assert not page.context["newest_url"]


# --- one event ---


def test_an_event_is_shown_whole(desk, at):
    subject = uuid7()
    ids = [happened(at=at, subject=subject, facts={"call": subject, "place": place}) for place in range(3)]
    page = desk.get(event_url(ids[1]), headers=ENGLISH)
    text = text_of(page)
    for word in (
        "Logged in",
        "authentication.login_succeeded",
        str(subject),
        "Not yet sealed",
        f"{at:%H:%M:%S}.000000",
    ):
        assert word in text, word
    assert page.context["earlier_url"] == event_url(ids[0])
    assert page.context["later_url"] == event_url(ids[2])


def test_what_is_not_there_and_what_is_ones_own_look_alike(auditor, desk, at):
    """REG-10."""
    mine = event_url(happened(at=at, subject=uuid7(), actor=of_officer(auditor)))
    for url in (mine, address("log-event", key="1-1"), address("log-event", key="x")):
        assert desk.get(url).status_code == NOT_THERE


# --- the seals ---


@pytest.mark.parametrize("language", [ENGLISH, DANISH])
def test_a_log_without_seals_and_verifications_says_what_to_do(desk, at, language):
    happened(at=at - timedelta(hours=1))
    page = desk.get(SEALS, headers=language)
    assert page.context["state"].is_late
    assert "alert-warning" in page.content.decode()
    assert "manage.py audit verify" in text_of(page)


def test_sealing_that_keeps_up_is_said_and_late_sealing_warned_of(desk, at):
    sealed(number=1, last_id=newest_id(), at=at)
    verified(at=at, findings=0)
    page = desk.get(SEALS, headers=ENGLISH)
    assert "Sealing keeps up." in text_of(page)
    assert "alert-error" not in page.content.decode()
    happened(at=at - timedelta(minutes=5))
    late = text_of(desk.get(SEALS, headers=ENGLISH))
    assert "Sealing is late" in late
    assert "see to the security module and to the background jobs" in late


def test_findings_are_red(desk, at):
    sealed(number=1, last_id=10, at=at)
    verified(at=at, findings=0, from_seal=None, to_seal=None)
    verified(at=at, findings=1, from_seal=3, to_seal=9)
    page = desk.get(SEALS, headers=ENGLISH)
    assert "alert-error" in page.content.decode()
    assert '<strong class="badge badge-error">1</strong>' in text_of(page)
    assert "3 to 9" in text_of(page)


def test_seals_page_by_number(desk, at):
    for number in range(1, LINES + 4):
        sealed(number=number, last_id=number * 10, at=at)
    first = desk.get(SEALS)
    second = desk.get(first.context["older_url"])
    shown = [seal.number for page in (first, second) for seal in page.context["seals"]]
    assert shown == list(range(LINES + 3, 0, -1))
    assert (second.context["older_url"], second.context["newest_url"]) == ("", SEALS)


# --- queries ---


def test_a_page_asks_no_more_queries_however_much_there_is(desk, at):
    subject = uuid7()

    def count(url):
        desk.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(url).status_code == 200
        return len(queries)

    row_id = happened(at=at, subject=subject, actor=of_officer(a_clerk(now=at)), kind=EventKind.CITIZEN_FOUND)
    sealed(number=1, last_id=row_id, at=at)
    urls = [f"{LOG}?subject={subject}", SEALS, event_url(row_id)]
    before = [count(url) for url in urls]
    for number in range(2, 12):
        clerk = a_clerk(now=at)
        row_id = happened(at=at, subject=subject, actor=of_officer(clerk), kind=EventKind.CITIZEN_FOUND)
        sealed(number=number, last_id=row_id, at=at)
        verified(at=at)
    assert [count(url) for url in urls] == before
    assert max(before) <= 20, before


def test_what_is_in_an_address_is_opaque(desk, at):
    """LOG-2: an address lies in the log files of proxies."""
    page = desk.get(LOG, {"subject": str(UUID(int=7))})
    assert page.wsgi_request.get_full_path() == f"{LOG}?subject={UUID(int=7)}"
