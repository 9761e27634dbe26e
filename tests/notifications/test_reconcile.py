"""Reports that do not come by themselves are asked for, and nobody waits for ever (ALR-4, ALR-5)."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection

from notifications.models import Delivery, ProviderMinute
from notifications.rules.reports import (
    RECEIPT_ASKED_EVERY,
    RECEIPT_FIRST_ASKED_AFTER,
    RECEIPT_PATIENCE,
    RECEIPT_PATIENCE_WITHOUT_ANSWER,
)
from notifications.states import DeliveryState, ReportStatus
from notifications.tasks import reconcile_task
from notifications.transports import ProviderReport, TemporaryFailure
from notifications.usecases.deliver import deliver
from notifications.usecases.reconcile import (
    GIVE_UP_ROUND_AFTER,
    LONGEST_ROUND_SECONDS,
    NEXT_ROUND,
    forget_minutes,
    reconcile,
)
from tests.notifications.conftest import email_address, put, sms_address
from tests.notifications.samples import change_requested
from tests.notifications.scripted_provider import NAME, ScriptedSms, scripted

pytestmark = pytest.mark.django_db
SOON = timedelta(seconds=5)  # sending took a moment of real time


@pytest.fixture
def provider(settings):
    with scripted(settings) as (first, _second):
        yield first


class GoneSms(ScriptedSms):
    """A provider that the messages of one test went by."""

    name = "gone"


def sent(now, count=1, **more):
    ids = [put(now, sms_address(), message=change_requested(), **more)[0] for _ in range(count)]
    for id_ in ids:
        deliver(delivery_id=id_, now=now)
    return ids


def of(id_):
    return Delivery.objects.get(id=id_)


def test_a_receipt_that_does_not_come_is_asked_for_after_a_quarter_of_an_hour(now, provider):
    (id_,) = sent(now)
    provider.reports["scripted-1"] = ProviderReport(ReportStatus.DELIVERED)
    assert reconcile(now=now + RECEIPT_FIRST_ASKED_AFTER - timedelta(seconds=1)) == 0
    assert provider.asked_for == []
    assert reconcile(now=now + RECEIPT_FIRST_ASKED_AFTER + SOON) == 1
    assert (of(id_).state, provider.asked_for) == (DeliveryState.DELIVERED, ["scripted-1"])
    assert reconcile(now=now + timedelta(days=9)) == 0


def test_a_failure_that_nobody_reported_is_found_by_asking(now, provider):
    (id_,) = sent(now)
    provider.reports["scripted-1"] = ProviderReport(ReportStatus.FAILED_FOR_NOW, code="scripted_30003")
    reconcile(now=now + RECEIPT_FIRST_ASKED_AFTER + SOON)
    assert (of(id_).state, of(id_).failure) == (DeliveryState.QUEUED, "scripted_30003")


def test_what_is_still_on_its_way_is_asked_for_every_hour_and_in_the_end_counts_as_arrived(now, provider):
    (id_,) = sent(now, spare=(email_address(),))
    provider.reports["scripted-1"] = ProviderReport(ReportStatus.ON_ITS_WAY)
    at, asked = now + RECEIPT_FIRST_ASKED_AFTER + SOON, 0
    while of(id_).receipt_due_at is not None:
        assert Delivery.objects.filter(state=DeliveryState.HELD).exists()
        asked += reconcile(now=at)
        at += RECEIPT_ASKED_EVERY
    assert asked == len(provider.asked_for) == RECEIPT_PATIENCE / RECEIPT_ASKED_EVERY + 1
    assert of(id_).state == DeliveryState.SENT
    assert not Delivery.objects.filter(state=DeliveryState.HELD).exists()


def test_nobody_counts_as_reached_while_the_provider_cannot_be_asked(now, provider):
    """ALR-5: the outage that swallowed the reports is not the end of the held copy."""
    (id_,) = sent(now, spare=(email_address(),))
    provider.reports["scripted-1"] = TemporaryFailure("scripted_503")
    reconcile(now=now + RECEIPT_PATIENCE + RECEIPT_ASKED_EVERY)
    assert of(id_).receipt_due_at is not None
    assert Delivery.objects.filter(state=DeliveryState.HELD).exists()
    reconcile(now=now + RECEIPT_PATIENCE_WITHOUT_ANSWER + RECEIPT_ASKED_EVERY)
    assert of(id_).receipt_due_at is None


def test_what_a_provider_took_and_does_not_know_is_sent_again_and_shouted(now, provider, caplog):
    """ALR-4."""
    (id_,) = sent(now)
    reconcile(now=now + RECEIPT_FIRST_ASKED_AFTER + SOON)
    assert (of(id_).state, of(id_).failure) == (DeliveryState.QUEUED, "unknown_to_provider")
    assert "does not know" in caplog.text


def test_one_provider_that_is_gone_keeps_no_other_from_being_asked(now, provider, settings):
    old = sent(now, 5)
    Delivery.objects.filter(id__in=old).update(provider="gone")
    provider.reports = {f"scripted-{number}": TemporaryFailure("gone_timeout") for number in range(1, 6)}
    settings.SMS_TRANSPORTS = ["tests.notifications.test_reconcile.GoneSms", *settings.SMS_TRANSPORTS]
    Delivery.objects.filter(id=old[-1]).update(provider=NAME, receipt_due_at=now + RECEIPT_FIRST_ASKED_AFTER + SOON)
    provider.reports["scripted-5"] = ProviderReport(ReportStatus.DELIVERED)
    at = now + RECEIPT_FIRST_ASKED_AFTER + SOON
    assert reconcile(now=at) == 5
    assert of(old[-1]).state == DeliveryState.DELIVERED
    waits = sorted(of(id_).receipt_due_at - at for id_ in old[:-1])
    assert waits == [NEXT_ROUND] + [RECEIPT_ASKED_EVERY] * 3


def test_a_provider_that_is_gone_is_not_asked_for_each_message(now, provider):
    ids = sent(now, 6)
    provider.reports = {f"scripted-{number}": TemporaryFailure("scripted_timeout") for number in range(1, 7)}
    assert reconcile(now=now + RECEIPT_FIRST_ASKED_AFTER + SOON) == len(ids)
    assert len(provider.asked_for) == GIVE_UP_ROUND_AFTER


def test_a_round_ends_before_the_next_begins(now, provider):
    sent(now, 3)
    ticks = iter([0.0, 0.0, 0.0, LONGEST_ROUND_SECONDS, LONGEST_ROUND_SECONDS, LONGEST_ROUND_SECONDS])
    reconcile(now=now + RECEIPT_FIRST_ASKED_AFTER + SOON, tick=lambda: next(ticks))
    assert len(provider.asked_for) == 1
    schedule = django_settings.CELERY_BEAT_SCHEDULE["ask-for-receipts"]
    assert (schedule["task"], schedule["schedule"]) == (reconcile_task.name, 60.0)
    assert schedule["schedule"] > LONGEST_ROUND_SECONDS


def test_a_provider_that_the_settings_no_longer_name_is_not_asked(now, provider, settings):
    (id_,) = sent(now)
    settings.SMS_TRANSPORTS = ["notifications.transports.local.LocalSms"]
    assert reconcile(now=now + RECEIPT_FIRST_ASKED_AFTER + SOON) == 1
    assert of(id_).state == DeliveryState.SENT
    reconcile(now=now + RECEIPT_PATIENCE + RECEIPT_ASKED_EVERY)
    assert of(id_).receipt_due_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_that_ask_at_once_each_asks_for_its_own(now, provider):
    sent(now, 8)
    barrier, found = threading.Barrier(2), []

    def ask():
        barrier.wait()
        found.append(reconcile(now=now + RECEIPT_FIRST_ASKED_AFTER + SOON))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == len(set(provider.asked_for)) == len(provider.asked_for) == 8


def test_counts_of_long_ago_are_dropped(now, provider):
    for days in (0, 34, 36):
        ProviderMinute.objects.create(provider=NAME, channel="SMS", slot=0, minute=now - timedelta(days=days))
    assert forget_minutes(now=now) == 1


def test_the_task_asks(provider):
    reconcile_task()
    assert provider.asked_for == []
