"""Reports that do not come by themselves are asked for, and nobody waits for ever (ALR-4, ALR-5)."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection

from notifications.models import Delivery, ProviderMinute
from notifications.rules.reports import RECEIPT_ASKED_EVERY, RECEIPT_FIRST_ASKED_AFTER, RECEIPT_PATIENCE
from notifications.states import DeliveryState, ReportStatus
from notifications.tasks import reconcile_task
from notifications.transports import ProviderReport, TemporaryFailure
from notifications.usecases.deliver import deliver
from notifications.usecases.reconcile import GIVE_UP_ROUND_AFTER, LONGEST_ROUND_SECONDS, forget_minutes, reconcile
from tests.notifications.conftest import email_address, put, sms_address
from tests.notifications.samples import change_requested
from tests.notifications.scripted_provider import NAME, scripted

pytestmark = pytest.mark.django_db
SOON = timedelta(seconds=5)  # sending took a moment of real time


@pytest.fixture
def provider(settings):
    with scripted(settings) as (first, _second):
        yield first


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


@pytest.mark.parametrize("report", [ProviderReport(ReportStatus.ON_ITS_WAY), None, TemporaryFailure("scripted_503")])
def test_what_is_still_on_its_way_is_asked_for_every_hour_and_in_the_end_counts_as_arrived(now, provider, report):
    (id_,) = sent(now, spare=(email_address(),))
    provider.reports["scripted-1"] = report
    at, asked = now + RECEIPT_FIRST_ASKED_AFTER + SOON, 0
    while of(id_).receipt_due_at is not None:
        assert Delivery.objects.filter(state=DeliveryState.HELD).exists()
        asked += reconcile(now=at)
        at += RECEIPT_ASKED_EVERY
    assert asked == len(provider.asked_for) == RECEIPT_PATIENCE / RECEIPT_ASKED_EVERY + 1
    assert of(id_).state == DeliveryState.SENT
    assert not Delivery.objects.filter(state=DeliveryState.HELD).exists()


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
