"""The heartbeat: when it is written, how it goes, and what health, checks and the log file make of it and of costs."""

import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from mitid_portal.health import probe_alerts
from notifications import watching
from notifications.checks import check_delivery_settings
from notifications.models import Delivery
from notifications.opt_outs import note_opt_out
from notifications.queries import dead_letters
from notifications.rules.cost import Spending, cost_of, spending
from notifications.rules.day import day_began, day_ends
from notifications.rules.heartbeat import EVERY, LATE_AFTER, is_due, is_late, is_stuck
from notifications.states import Channel, DeliveryState, MessageKind, Priority, ReportStatus
from notifications.tasks import heartbeat_task, watch_cost_task
from notifications.transports import ProviderReport
from notifications.usecases.deliver import deliver
from notifications.usecases.note_provider_report import note_provider_report
from notifications.usecases.send_heartbeat import send_heartbeat
from notifications.usecases.watch_cost import watch_cost
from notifications.watch_checks import check_watch_settings
from tests.factories.together import at_once
from tests.notifications.conftest import EMAIL, PHONE, row
from tests.notifications.test_indexes import indexes_of
from tests.registration.operators import answered

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def to_both(settings):
    settings.HEARTBEAT_SMS, settings.HEARTBEAT_EMAIL = PHONE, EMAIL


def late(now):
    return {line.channel for line in watching.heartbeats(now=now) if line.is_late}


def arrived(delivery, now):
    report = ProviderReport(ReportStatus.DELIVERED)
    note_provider_report(
        provider=delivery.provider,
        provider_reference=delivery.provider_reference,
        delivery_id=delivery.id,
        report=report,
        now=now,
    )


# --- rules ---


def test_alr_4_a_heartbeat_is_due_every_five_minutes_and_late_after_three(now):
    """ALR-4."""
    assert is_due(newest_at=None, now=now)
    assert not is_due(newest_at=now - EVERY + SECOND, now=now)
    assert is_due(newest_at=now - EVERY, now=now)
    assert is_late(arrived_at=None, now=now)
    assert not is_late(arrived_at=now - LATE_AFTER + SECOND, now=now)
    assert is_late(arrived_at=now - LATE_AFTER, now=now)
    assert not is_stuck(due_at=None, now=now)
    assert not is_stuck(due_at=now - LATE_AFTER + SECOND, now=now)
    assert is_stuck(due_at=now - LATE_AFTER, now=now)


def test_a_day_is_denmarks_and_has_23_to_25_hours(now):
    spring = now.replace(month=3, day=29, hour=12)
    autumn = now.replace(month=10, day=25, hour=12)
    for noon, hours in ((now, 24), (spring.replace(year=2026), 23), (autumn.replace(year=2026), 25)):
        began, ends = day_began(noon), day_ends(noon)
        assert (began.hour, ends.hour) == (0, 0)
        assert (ends.timestamp() - began.timestamp()) / 3600 == hours
        assert began <= noon < ends
        assert day_began(began) == began


@pytest.mark.parametrize(
    ("cost", "ceiling", "expected"),
    [
        (0, 0, Spending.NORMAL),
        (10**12, 0, Spending.NORMAL),
        (79, 100, Spending.NORMAL),
        (80, 100, Spending.HIGH),
        (99, 100, Spending.HIGH),
        (100, 100, Spending.OVER),
        (101, 100, Spending.OVER),
    ],
)
def test_four_fifths_of_the_ceiling_are_high_and_all_of_it_is_over(cost, ceiling, expected):
    assert spending(cost_micro=cost, ceiling_micro=ceiling) is expected


def test_a_cost_that_no_provider_has_told_yet_is_reckoned_by_parts():
    assert cost_of(told_micro=0, segments=0, messages=3, micro_a_segment=60_000) == 180_000
    assert cost_of(told_micro=0, segments=7, messages=3, micro_a_segment=60_000) == 420_000
    assert cost_of(told_micro=999_999, segments=7, messages=3, micro_a_segment=60_000) == 999_999


# --- the chain ---


def test_it_is_stored_and_sent_as_an_alert_is(now, to_both, twilio, mail_server):
    sent = send_heartbeat(now=now)
    rows = Delivery.objects.filter(id__in=sent)
    assert {(one.kind, one.priority, one.state) for one in rows} == {
        (MessageKind.HEARTBEAT, Priority.ALERT, DeliveryState.QUEUED)
    }
    assert {one.useful_until for one in rows} == {now + LATE_AFTER}
    assert late(now) == {Channel.SMS, Channel.EMAIL}
    for delivery_id in sent:
        deliver(delivery_id=delivery_id, now=now)
    assert late(now) == {Channel.SMS}
    arrived(rows.get(channel=Channel.SMS), now)
    assert late(now) == set()
    assert len(twilio.accepted) == len(mail_server.received) == 1
    assert late(now + LATE_AFTER - SECOND) == set()
    assert late(now + 2 * LATE_AFTER) == {Channel.SMS, Channel.EMAIL}


def test_a_provider_that_takes_everything_and_delivers_nothing_is_found_out(now, to_both, twilio, mail_server):
    for number in range(5):
        at = now + number * EVERY
        for delivery_id in send_heartbeat(now=at):
            deliver(delivery_id=delivery_id, now=at)
    assert len(twilio.accepted) == 5
    assert late(at) == {Channel.SMS}
    assert "SMS" in watching.objection_to_alerts(now=at)


def test_a_stop_from_operations_own_number_stops_no_heartbeat(now, settings, twilio):
    """Anybody can write STOP in another's name; the carrier's own refusal still shows as one."""
    settings.HEARTBEAT_SMS = PHONE
    with transaction.atomic():
        note_opt_out(phone=PHONE, provider="twilio", now=now)
    (delivery_id,) = send_heartbeat(now=now)
    deliver(delivery_id=delivery_id, now=now)
    assert [message.to for message in twilio.accepted] == [PHONE]


# --- what is tried and tried ---


def test_alr_5_what_has_been_tried_for_an_hour_is_counted_by_channel_and_failure(now):
    """ALR-5."""
    hour, states = timedelta(hours=1), DeliveryState
    old, older = now - hour, now - 3 * hour
    for made, more in (
        (old, {"failure": "smtp_gone"}),
        (older, {"failure": "smtp_gone"}),
        (older + SECOND, {"state": states.CLAIMED, "provider": "twilio"}),
        (old + SECOND, {"failure": "smtp_gone"}),  # not for so long
        (older, {"attempts": 0}),  # waits for its turn
        (older, {"state": states.GIVEN_UP, "failure": "x", "given_up_at": now, "next_attempt_at": None}),
    ):
        row(made, **{"attempts": 2, "next_attempt_at": now} | more).save(force_insert=True)
    lines = watching.failing(now=now)
    assert [(line.channel, line.failure, line.count, line.oldest_at) for line in lines] == [
        (Channel.EMAIL, "smtp_gone", 2, older),
        (Channel.EMAIL, "", 1, older + SECOND),
    ]


def test_the_next_is_written_after_five_minutes_and_not_before(now, to_both):
    assert len(send_heartbeat(now=now)) == 2
    assert send_heartbeat(now=now + EVERY - SECOND) == []
    assert len(send_heartbeat(now=now + EVERY)) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_tasks_at_once_one_writes_it(now, to_both):
    outcomes = at_once(lambda: len(send_heartbeat(now=now)), lambda: len(send_heartbeat(now=now)))
    assert sorted(outcomes) == [0, 2]


def test_one_that_is_too_old_is_given_up_and_is_no_dead_letter(now, to_both, twilio):
    sent = send_heartbeat(now=now)
    for delivery_id in sent:
        deliver(delivery_id=delivery_id, now=now + LATE_AFTER)
    assert {one.state for one in Delivery.objects.filter(id__in=sent)} == {DeliveryState.GIVEN_UP}
    assert twilio.accepted == []
    assert dead_letters(limit=10) == []
    assert watching.given_up(since=now) == {}


def test_where_no_address_is_set_none_is_written(now):
    assert send_heartbeat(now=now) == []
    assert not Delivery.objects.exists()


def test_beats_tasks_run(to_both, caplog):
    heartbeat_task()
    watch_cost_task()
    assert Delivery.objects.filter(kind=MessageKind.HEARTBEAT).count() == 2


# --- health ---


def test_alr_4_health_is_red_until_one_arrived_lately_on_every_channel(now, to_both, twilio, mail_server, settings):
    """ALR-4."""
    settings.HEARTBEAT_EMAIL = ""
    assert "SMS" in str(watching.objection_to_alerts(now=now))
    with pytest.raises(LookupError):
        probe_alerts()
    (delivery_id,) = send_heartbeat(now=now)
    deliver(delivery_id=delivery_id, now=now)
    arrived(Delivery.objects.get(id=delivery_id), now)
    assert watching.objection_to_alerts(now=now) is None


def test_without_a_heartbeat_an_alert_that_is_left_alone_is_the_alarm(now):
    probe_alerts()
    waiting = row(now, next_attempt_at=now)
    waiting.save(force_insert=True)
    row(now, next_attempt_at=now - timedelta(days=1), priority=Priority.NEWS).save(force_insert=True)
    assert watching.objection_to_alerts(now=now + LATE_AFTER - SECOND) is None
    assert watching.objection_to_alerts(now=now + LATE_AFTER) is not None


# --- cost ---


def test_the_log_file_warns_at_four_fifths_and_cries_at_the_ceiling(now, settings, caplog):
    settings.SMS_COST_CEILING_PER_DAY, settings.SMS_SEGMENT_COST_MICRO = 10, 100_000
    with caplog.at_level(logging.WARNING):
        answered(at=now, answered_yes=79, segments=79)
        answered(at=now, channel=Channel.EMAIL, provider="smtp", answered_yes=10_000)
        answered(at=day_began(now) - SECOND, answered_yes=10_000)
        assert watch_cost(now=now) is Spending.NORMAL
        assert caplog.records == []
        answered(at=now, answered_yes=1, segments=1)
        assert watch_cost(now=now) is Spending.HIGH
        answered(at=now, answered_yes=20, segments=20)
        assert watch_cost(now=now) is Spending.OVER
    assert [record.levelname for record in caplog.records] == ["WARNING", "CRITICAL"]


# --- settings ---


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("HEARTBEAT_SMS", "20 12 34 56", "notifications.E040"),
        ("HEARTBEAT_EMAIL", "operations", "notifications.E041"),
        ("SMS_COST_CEILING_PER_DAY", -1, "notifications.E042"),
        ("SMS_SEGMENT_COST_MICRO", -1, "notifications.E042"),
    ],
)
def test_settings_that_cannot_be_stop_the_start(settings, name, value, fault):
    assert check_watch_settings() == []
    setattr(settings, name, value)
    assert [found.id for found in check_watch_settings()] == [fault]


def test_production_without_heartbeat_or_ceiling_is_warned(settings, to_both):
    settings.TESTING, settings.DEMO, settings.SMS_COST_CEILING_PER_DAY = False, False, 100
    assert check_watch_settings() == []
    settings.HEARTBEAT_SMS = settings.HEARTBEAT_EMAIL = ""
    settings.SMS_COST_CEILING_PER_DAY = 0
    assert [found.id for found in check_watch_settings()] == ["notifications.W003", "notifications.W002"]
    assert check_delivery_settings() == []


# --- indexes ---


@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("delivery_given_up_lately", lambda now: watching.given_up(since=now)),
        ("delivery_maybe_doubled", lambda now: watching.maybe_doubled(since=now)),
        ("delivery_heartbeats", lambda now: watching.heartbeats(now=now)),
        ("delivery_due", lambda now: watching.objection_to_alerts(now=now)),
        ("provider_minute_is_one_row_a_slot", lambda now: watching.provider_sums(since=now)),
    ],
)
def test_what_is_watched_is_found_through_an_index(now, index, ask):
    old = {"state": DeliveryState.GIVEN_UP, "failure": "x", "next_attempt_at": None}
    Delivery.objects.bulk_create(row(now, **old, given_up_at=now - timedelta(days=back)) for back in range(1, 300))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_delivery")
    with CaptureQueriesContext(connection) as asked:
        ask(now)
    reads = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    assert any(index in indexes_of(sql) for sql in reads), [(sql, indexes_of(sql)) for sql in reads]
