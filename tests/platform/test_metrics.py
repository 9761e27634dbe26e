"""/metrics: who gets it, what stands in it, that Prometheus' own parser reads it, at a constant price."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from mitid_portal import clock
from mitid_portal.metrics import Messages
from notifications.models import Delivery
from notifications.rules.day import day_began
from notifications.states import Channel
from notifications.usecases.send_heartbeat import send_heartbeat
from tests.notifications.conftest import EMAIL, PHONE, email_address, sms_address
from tests.registration.operators import a_dead_letter, a_message, answered, handed_heartbeat

pytestmark = pytest.mark.django_db
TOKEN = "t" * 32


class Found(dict[frozenset[tuple[str, str]], float]):
    """Values by name and labels, whatever order the labels came in."""

    def __getitem__(self, key):
        return super().__getitem__(frozenset(key))


@pytest.fixture
def at():
    return clock.now().replace(microsecond=0)


@pytest.fixture
def scraped(settings):
    settings.METRICS_TOKEN = TOKEN

    def scrape():
        answer = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        families = text_string_to_metric_families(answer.content.decode())
        return Found(
            {
                frozenset({sample.name, *sample.labels.values()}): sample.value
                for family in families
                for sample in family.samples
            }
        )

    return scrape


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer æ"]
)
def test_without_the_token_there_is_no_such_page(settings, header):
    settings.METRICS_TOKEN = TOKEN
    headers = {} if header is None else {"authorization": header}
    assert Client().get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize("header", ["Bearer ", f"Bearer {TOKEN}"])
def test_where_no_token_is_set_nobody_has_it(settings, header):
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"authorization": header}).status_code == 404


def test_it_is_read_and_nothing_else(scraped):
    assert scraped()
    assert Client().post("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 405


def test_the_queue_is_told_by_priority_and_channel(scraped, at):
    a_message(sms_address(), now=at, next_attempt_at=at - timedelta(minutes=5))
    a_message(sms_address(), now=at, next_attempt_at=at + timedelta(minutes=5))
    found = scraped()
    assert found["mitid_deliveries_open", "alert", "SMS"] == 2
    assert found["mitid_deliveries_due", "alert", "SMS"] == 1
    assert 300 <= found["mitid_deliveries_oldest_due_seconds", "alert", "SMS"] < 400
    assert found["mitid_deliveries_open", "code", "EMAIL"] == 0


def test_providers_are_told_by_outcome_with_time_reports_and_cost(scraped, at):
    answered(
        at=at, answered_yes=5, answered_no=2, failed=1, slow=1, took_ms_sum=2500, delivered=4, undelivered=1,
        unknown_reports=3, segments=6, cost_micro=450_000,
    )  # fmt: skip
    found = scraped()
    outcomes = {"yes": 5, "no": 2, "failed": 1}
    assert {name: found["mitid_provider_answers_total", "twilio", "SMS", name] for name in outcomes} == outcomes
    reports = {"delivered": 4, "undelivered": 1, "unknown": 3}
    assert {name: found["mitid_provider_reports_total", "twilio", "SMS", name] for name in reports} == reports
    assert found["mitid_provider_seconds_total", "twilio", "SMS"] == 2.5
    assert found["mitid_provider_segments_total", "twilio", "SMS"] == 6
    assert found["mitid_provider_cost_total", "twilio", "SMS"] == 0.45


def test_what_was_given_up_doubled_and_spent_is_todays(scraped, at, settings):
    settings.SMS_COST_CEILING_PER_DAY = 1
    before = day_began(at) - timedelta(minutes=1)
    a_dead_letter(email_address(), now=at)
    a_dead_letter(now=before)
    doubled = a_message(now=at)
    Delivery.objects.filter(pk=doubled.id).update(attempts=3, maybe_doubled=2)
    answered(at=before, answered_yes=100, cost_micro=9_000_000)
    answered(at=at, answered_yes=1, segments=1, cost_micro=900_000)
    found = scraped()
    assert found["mitid_deliveries_given_up_total", "EMAIL"] == 1
    assert found["mitid_deliveries_given_up_total", "SMS"] == 0
    assert found["mitid_deliveries_maybe_doubled_total",] == 2
    assert (found["mitid_sms_cost_total",], found["mitid_sms_cost_ceiling",]) == (0.9, 1)
    assert found["mitid_sms_spending",] == 1


def test_a_heartbeat_has_an_age_and_one_that_never_was_an_endless_one(scraped, at, settings):
    settings.HEARTBEAT_SMS, settings.HEARTBEAT_EMAIL = PHONE, EMAIL
    send_heartbeat(now=at)
    handed_heartbeat(at=at, channel=Channel.SMS)
    found = scraped()
    assert 0 <= found["mitid_heartbeat_age_seconds", "SMS"] < 60
    assert found["mitid_heartbeat_age_seconds", "EMAIL"] == float("inf")


def test_the_number_of_queries_is_constant(at):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            list(Messages(now=at).collect())
        return len(queries)

    few = asked()
    for number in range(20):
        a_message(sms_address(f"+45201000{number:02}"), now=at)
        a_dead_letter(now=at)
        answered(at=at - timedelta(minutes=number), provider=f"p{number % 4}", answered_yes=1)
    assert asked() == few == 5
