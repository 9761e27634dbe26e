"""The operators' pages: who is let in, what stands on them, sending again, texts, bad input, query counts."""

import base64
import hashlib
import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from uuid_utils.compat import uuid7

from audit.api import EventKind
from audit.models import AuditEvent
from mitid_portal import clock
from notifications.models import Delivery
from notifications.states import Channel, DeliveryState, Language, MessageKind, ResendReason
from notifications.usecases.send_heartbeat import send_heartbeat
from registration.rules.charts import HEIGHT, WIDTH, columns, percent
from registration.states import OfficerRole
from registration.steps import MayNotAct
from registration.usecases.resend_dead_letter import resend_dead_letter
from registration.views.operations.dead_letters import LINES
from registration.views.operations.numbers import age
from tests.factories.identities import a_resident
from tests.factories.registration import a_clerk, an_office, an_officer_of, logged_in
from tests.notifications.conftest import EMAIL, PHONE, email_address, sms_address
from tests.registration.operators import (
    a_dead_code,
    a_dead_letter,
    a_message,
    an_operator,
    answered,
    handed_heartbeat,
)

pytestmark = pytest.mark.django_db
NOT_THERE, UNPROCESSABLE = 404, 422
ENGLISH = {"accept-language": "en"}


def address(name, **kwargs):
    return reverse(f"registration:{name}", kwargs=kwargs)


LIVE, NUMBERS = address("operations"), address("operations-numbers")
DEAD, TEXTS = address("operations-dead-letters"), address("operations-messages")
A_TEXT = address("operations-message", kind="change_requested", language="da")
A_FRAME = address("operations-message-html", kind="change_requested", language="da")


@pytest.fixture
def at():
    return clock.now().replace(microsecond=0)


@pytest.fixture
def operator(at):
    return an_operator(now=at)


@pytest.fixture
def desk(operator, at):
    return logged_in(operator.who, now=at)


def text_of(response):
    return " ".join(unescape(response.content.decode()).split())


def cells_of(desk):
    return json.loads(desk.get(NUMBERS, headers=ENGLISH).content)["cells"]


# --- who is let in ---


@pytest.mark.parametrize("role", [*OfficerRole, None])
def test_reg_11_the_operators_wing_is_for_operators(role, at):
    """REG-11: for everybody else it is not there, nor is a link to it."""
    letter = a_dead_letter(now=at)
    who = an_officer_of(an_office(now=at), now=at, role=role).who if role else a_resident(now=at)
    client = logged_in(who, now=at)
    is_operator = role is OfficerRole.OPERATOR
    expected = 200 if is_operator else NOT_THERE
    urls = [LIVE, NUMBERS, DEAD, address("operations-resend", delivery_id=letter.id), TEXTS, A_TEXT, A_FRAME]
    assert [client.get(url).status_code for url in urls] == [expected] * len(urls)
    assert client.post(urls[3], {"reason": "citizen_asked"}).status_code == (302 if is_operator else NOT_THERE)
    assert Delivery.objects.filter(replaces=letter).exists() is is_operator
    if role:
        assert (LIVE in client.get(address("officer-home")).content.decode()) is is_operator


def test_who_is_not_logged_in_is_sent_to_the_backoffices_door():
    for url in (LIVE, NUMBERS, DEAD, TEXTS, A_TEXT, A_FRAME):
        response = Client().get(url)
        assert (response.status_code, response.url.split("?")[0]) == (302, reverse("authentication:officer-log-in"))


# --- the live page ---


def test_the_page_says_what_waits_since_when_and_what_was_given_up(desk, at):
    Delivery.objects.all().delete()  # what the operator was told on their way here
    old = at - timedelta(hours=30)
    a_message(sms_address(), now=at, next_attempt_at=at - timedelta(minutes=4))
    a_message(email_address(), now=at, next_attempt_at=at + timedelta(days=1))
    a_dead_letter(now=at)
    a_dead_letter(now=old, given_up_at=old)
    cells = cells_of(desk)
    assert (cells["waiting"], cells["given-up"]) == ("2", "1")
    assert cells["oldest"] in {"4 min", "5 min"}
    assert [cells[f"queue-2-SMS-{number}"] for number in (0, 1)] == ["1", "1"]
    assert [cells[f"queue-2-EMAIL-{number}"] for number in (0, 1, 2)] == ["1", "0", "–"]
    assert [cells[f"queue-1-SMS-{number}"] for number in (0, 1, 2)] == ["0", "0", "–"]


def test_the_page_says_how_each_provider_answers_in_15_minutes_and_24_hours(desk, at):
    answered(at=at, answered_yes=6, answered_no=1, failed=3, slow=2, took_ms_sum=5000, delivered=4, undelivered=1)
    answered(at=at - timedelta(hours=2), answered_yes=90, took_ms_sum=9000)
    answered(at=at - timedelta(hours=30), answered_yes=1000)
    answered(at=at, provider="smtp", channel=Channel.EMAIL, answered_yes=1, took_ms_sum=40)
    cells = cells_of(desk)
    assert [cells[f"lately-twilio-SMS-{number}"] for number in range(7)] == ["10", "70 %", "3", "2", "500 ms", "4", "1"]
    assert [cells[f"daily-twilio-SMS-{number}"] for number in (0, 1)] == ["100", "97 %"]
    assert cells["lately-smtp-EMAIL-1"] == "100 %"


def test_charts_have_their_numbers_in_a_table_beside_them(desk, at):
    answered(at=at, answered_yes=6, failed=3)
    page = desk.get(LIVE, headers=ENGLISH)
    minutes, hours = page.context["live"].charts
    assert (len(minutes.places), len(hours.places)) == (15, 24)
    for chart in (minutes, hours):
        # The minute may have passed between the two, and then the column is the one before.
        newest = [place for place in chart.places[-2:] if place.good.text != "0"]
        assert [(place.good.text, place.bad.text) for place in newest] == [("6", "3")]
    html = page.content.decode()
    assert html.count('<svg viewBox="0 0 480 96"') == html.count("The numbers of the chart") == 2
    assert len(re.findall(r'<rect class="chart-good"', html)) == 39
    assert "style=" not in html


def test_the_script_reads_what_the_page_shows(desk, at):
    answered(at=at, answered_yes=6, failed=3)
    page, numbers = desk.get(LIVE), json.loads(desk.get(NUMBERS).content)
    html = page.content.decode()
    assert set(re.findall(r'data-cell="([^"]+)"', html)) == set(numbers["cells"])
    assert set(re.findall(r'data-place="([^"]+)"', html)) == set(numbers["places"])
    assert f'data-shape="{numbers["shape"]}"' in html
    answered(at=at, provider="http", answered_yes=1)
    assert json.loads(desk.get(NUMBERS).content)["shape"] != numbers["shape"]


def test_alr_4_a_heartbeat_that_does_not_arrive_is_an_alarm(desk, at, settings):
    """ALR-4."""
    settings.HEARTBEAT_SMS, settings.HEARTBEAT_EMAIL = PHONE, EMAIL
    send_heartbeat(now=at)
    handed_heartbeat(at=at, channel=Channel.SMS)
    page = desk.get(LIVE, headers=ENGLISH)
    assert [alarm for alarm in page.context["live"].alarms if "SMS" in alarm] == []
    assert "No heartbeat by E-mail was reported to have arrived for 15 minutes." in text_of(page)
    handed_heartbeat(at=at, channel=Channel.EMAIL)
    assert "Messages get through." in text_of(desk.get(LIVE, headers=ENGLISH))


def test_alr_5_what_has_failed_for_over_an_hour_is_on_the_page_by_its_failure(desk, at):
    """ALR-5."""
    assert "tried for over an hour" not in text_of(desk.get(LIVE, headers=ENGLISH))
    Delivery.objects.all().delete()
    old = at - timedelta(hours=3)
    a_message(sms_address(), now=old, attempts=9, failure="twilio_21408", next_attempt_at=at)
    page = desk.get(LIVE, headers=ENGLISH)
    assert "tried for over an hour" in text_of(page)
    assert "twilio_21408, SMS" in text_of(page)
    cells = cells_of(desk)
    assert [cells[f"failing-SMS-twilio_21408-{number}"] for number in (0, 1)] == ["1", "3 hours"]


def test_a_cost_near_its_ceiling_and_one_over_it_are_alarms(desk, at, settings):
    settings.SMS_COST_CEILING_PER_DAY, settings.SMS_SEGMENT_COST_MICRO = 10, 100_000
    answered(at=at, answered_yes=85, segments=85)
    page = desk.get(LIVE, headers=ENGLISH)
    assert "Text messages have cost more than four fifths" in text_of(page)
    assert cells_of(desk)["cost"] == "8.50 of 10"
    answered(at=at, cost_micro=10_000_000)
    assert "Codes to new numbers are refused." in text_of(desk.get(LIVE, headers=ENGLISH))


def test_the_live_page_asks_the_same_few_queries_however_much_there_is(desk, at):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            desk.get(NUMBERS)
        return len(queries)

    asked()
    few = asked()
    for number in range(30):
        a_message(sms_address(f"+45201000{number:02}"), now=at)
        answered(at=at - number * timedelta(minutes=40), provider=f"p{number % 3}", answered_yes=number)
    assert asked() == few


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 hours")],
)
def test_an_age_is_told_in_the_unit_that_fits(at, seconds, words):

    with override("en"):
        assert age(at - timedelta(seconds=seconds), now=at) == words
        assert age(None, now=at) == "–"


@pytest.mark.parametrize("counts", [[], [(0, 0)], [(1, 0), (10**6, 3)], [(0, 5), (5, 0)], [(1, 10**9)]])
def test_columns_stay_in_their_box_and_every_number_is_seen(counts):
    placed = columns(counts)
    assert len(placed) == len(counts)
    for column, (good, bad) in zip(placed, counts, strict=True):
        assert column.x >= 0
        assert column.x + column.width <= WIDTH
        assert 0 <= column.bad_y <= column.good_y <= HEIGHT
        assert round(column.good_y + column.good_height, 1) == HEIGHT
        assert (column.good_height >= 1) is (good > 0) or (good > 0 and bad > 0)
        assert (column.bad_height >= 1) is (bad > 0)


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [(0, 0, None), (0, 9, 0), (9, 9, 100), (1, 10**6, 1), (10**6 - 1, 10**6, 99), (2, 3, 67)],
)
def test_all_and_none_are_said_of_all_and_none_alone(part, whole, share):
    assert percent(part, whole) == share


# --- what was given up ---


def test_log_2_a_dead_letter_shows_neither_address_nor_text_nor_whom_it_is_about(desk, at):
    """LOG-2."""
    letter = a_dead_letter(sms_address(), now=at)
    page = desk.get(DEAD, headers=ENGLISH)
    for word in ("Identity reopened", "SMS", "twilio", "twilio_30005", "Send again"):
        assert word in text_of(page)
    one = desk.get(address("operations-resend", delivery_id=letter.id), headers=ENGLISH)
    for shown in (page, one):
        for secret in (PHONE, PHONE[3:], str(letter.reference), str(letter.contact_id)):
            assert secret not in shown.content.decode()


def test_the_list_is_filtered_paged_and_without_heartbeats(desk, at, settings):
    settings.HEARTBEAT_SMS = PHONE
    for number in range(LINES + 2):
        a_dead_letter(sms_address(f"+45201000{number:02}"), now=at)
    a_dead_letter(email_address(), now=at, failure="smtp_550")
    (beat,) = send_heartbeat(now=at)
    Delivery.objects.filter(pk=beat).update(
        state=DeliveryState.GIVEN_UP, given_up_at=at, failure="no_longer_useful", next_attempt_at=None
    )
    page = desk.get(DEAD)
    assert len(page.context["lines"]) == LINES
    older = desk.get(page.context["older_url"])
    assert len(older.context["lines"]) == 3
    assert older.context["newest_url"]
    assert len(desk.get(DEAD, {"channel": "EMAIL"}).context["lines"]) == 1
    assert len(desk.get(DEAD, {"failure": "smtp_550"}).context["lines"]) == 1
    assert desk.get(DEAD, {"channel": "EMAIL", "failure": "twilio_30005"}).context["lines"] == []
    assert len(desk.get(DEAD, {"before": "mangled"}).context["lines"]) == LINES


@pytest.mark.parametrize("query", [{"channel": "PIGEON"}, {"failure": "' OR 1=1"}, {"failure": "x" * 65}])
def test_a_filter_that_is_none_is_refused_in_words(desk, query):
    page = desk.get(DEAD, query)
    assert page.status_code == UNPROCESSABLE
    assert page.context["form"].errors


def test_alr_4_a_message_is_sent_again_with_a_reason_that_the_log_keeps(desk, operator, at):
    """ALR-4, LOG-2."""
    letter = a_dead_letter(sms_address(), now=at)
    url = address("operations-resend", delivery_id=letter.id)
    missing = desk.post(url, {}, headers=ENGLISH)
    assert (missing.status_code, "Choose the reason." in text_of(missing)) == (UNPROCESSABLE, True)
    answer = desk.post(url, {"reason": "provider_repaired"})
    assert (answer.status_code, answer.url) == (302, DEAD)
    copy = Delivery.objects.get(replaces=letter)
    assert (copy.state, copy.kind, copy.reference) == (DeliveryState.QUEUED, letter.kind, letter.reference)
    event = AuditEvent.objects.get(kind=EventKind.DELIVERY_RESENT)
    assert (event.actor_id, event.facts["reason"]) == (operator.id, "provider_repaired")
    assert desk.get(url).status_code == NOT_THERE
    assert desk.get(DEAD).context["lines"] == []


def test_a_code_that_is_dead_is_not_sent_again_and_the_page_says_why(desk, at):
    letter = a_dead_code(sms_address(), now=at)
    page = desk.post(address("operations-resend", delivery_id=letter.id), {"reason": "citizen_asked"}, headers=ENGLISH)
    assert page.status_code == UNPROCESSABLE
    assert "The code in it is no longer valid." in text_of(page)
    assert AuditEvent.objects.filter(kind=EventKind.DELIVERY_RESEND_REFUSED).count() == 1
    assert not Delivery.objects.filter(replaces=letter).exists()


def test_a_message_that_is_not_there_or_not_given_up_is_a_404(desk, at):
    waiting = a_message(now=at)
    for delivery_id in (uuid7(), waiting.id):
        url = address("operations-resend", delivery_id=delivery_id)
        assert (desk.get(url).status_code, desk.post(url, {"reason": "citizen_asked"}).status_code) == (404, 404)


def test_reg_11_no_other_officer_sends_again(at):
    """REG-11: the use case asks for itself."""
    letter, clerk = a_dead_letter(now=at), a_clerk(now=at)
    with pytest.raises(MayNotAct):
        resend_dead_letter(officer_id=clerk.id, delivery_id=letter.id, reason=ResendReason.CITIZEN_ASKED, now=at)
    assert not Delivery.objects.filter(replaces=letter).exists()


# --- texts ---


@pytest.mark.parametrize("language", Language)
def test_alr_3_every_text_is_shown_with_the_room_it_takes(desk, language):
    """ALR-3."""
    page = desk.get(TEXTS, {"texts": language.value})
    kinds = page.context["kinds"]
    assert len(kinds) == len(MessageKind)
    assert page.context["faults"] == []
    for kind in kinds:
        assert 0 < kind["sms"].septets <= 160
        shown = desk.get(kind["url"])
        assert shown.status_code == 200
        assert str(kind["sms"].septets) in text_of(shown)
        assert kind["email"].subject in text_of(shown)


def test_a_language_or_kind_that_is_none_is_no_page(desk):
    assert len(desk.get(TEXTS, {"texts": "tlh"}).context["kinds"]) == len(MessageKind)
    for name in ("operations-message", "operations-message-html"):
        assert desk.get(address(name, kind="greeting", language="da")).status_code == NOT_THERE
        assert desk.get(address(name, kind="contact_code", language="de")).status_code == NOT_THERE


def test_the_framed_e_mail_can_do_nothing_but_look_as_it_does(desk):
    frame = desk.get(A_FRAME)
    html = frame.content.decode()
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert frame.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'self'; sandbox"
    )
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    page = desk.get(A_TEXT)
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert 'sandbox=""' in page.content.decode()
    assert A_FRAME in page.content.decode()
