"""Sending takes time: leases begin when the sending does, and a yes is noted even when time runs out."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction

from notifications.models import Delivery
from notifications.states import DeliveryState
from notifications.transports import Accepted
from notifications.usecases.deliver import deliver
from notifications.usecases.settle_delivery import Settlement
from notifications.usecases.sweep import deliver_due
from tests.notifications.conftest import put, sms_address
from tests.notifications.samples import change_requested
from tests.notifications.twilio_stand_in import Slow

TOOK_SECONDS = 40.0  # each sending; the second lease would have ended before it began


class SlowRoad:
    """A transport that takes its time, on a clock of its own; meanwhile another process tries to send the same."""

    name = "slow"
    gives_receipts = False
    elapsed = 0.0
    sent: list[tuple[timedelta, object]] = []

    def send(self, message):
        cls = type(self)
        row = Delivery.objects.get(id=message.delivery_id)
        cls.elapsed += TOOK_SECONDS
        beside = deliver(delivery_id=message.delivery_id, now=message.at + timedelta(seconds=TOOK_SECONDS))
        cls.sent.append((row.next_attempt_at - message.at, beside))
        return Accepted(f"slow:{message.delivery_id}")


@pytest.mark.django_db
def test_each_of_many_is_claimed_at_its_own_instant(now, settings):
    settings.SMS_TRANSPORTS = ["tests.notifications.test_time_runs_out.SlowRoad"]
    SlowRoad.elapsed, SlowRoad.sent = 0.0, []
    ids = [put(now, sms_address(), message=change_requested())[0] for _ in range(4)]
    assert deliver_due(now=now, tick=lambda: SlowRoad.elapsed) == 4
    assert SlowRoad.sent == [(settings.DELIVERY_LEASE_FOR, None)] * 4
    rows = Delivery.objects.filter(id__in=ids)
    assert [(row.state, row.attempts) for row in rows] == [(DeliveryState.SENT, 1)] * 4
    assert sorted(round((row.sent_at - now).total_seconds()) for row in rows) == [0, 40, 80, 120]


def strike_main_thread() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)


@contextmanager
def soft_limit() -> Iterator[None]:
    """The signal by which the worker's soft time limit strikes, raised where the task stands."""

    def strike(_number: int, _frame: object) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGUSR1, strike)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.django_db(transaction=True)
def test_a_yes_is_noted_though_the_limit_strikes_while_it_is_written_down(now, twilio):
    """Another holds the row, so that the note has to wait: there the limit strikes."""
    (id_,) = put(now, message=change_requested())
    twilio.faults.append(Slow(0.3))
    may_end = threading.Event()

    def hold() -> None:
        twilio.arrived.acquire(timeout=10)
        with transaction.atomic():
            Delivery.objects.select_for_update().get(id=id_)
            may_end.wait(10)
        connection.close()

    def strike() -> None:
        with connection.cursor() as cursor:
            for _ in range(200):
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
                if cursor.fetchone() != (0,):
                    break
                time.sleep(0.02)
        connection.close()
        strike_main_thread()
        time.sleep(0.2)
        may_end.set()

    threads = [threading.Thread(target=hold), threading.Thread(target=strike)]
    with soft_limit():
        for thread in threads:
            thread.start()
        assert deliver(delivery_id=id_, now=now) is Settlement.SENT
        for thread in threads:
            thread.join()
    row = Delivery.objects.get(id=id_)
    assert (row.state, row.attempts, row.provider_reference) == (DeliveryState.SENT, 1, twilio.accepted[0].sid)
    assert deliver(delivery_id=id_, now=now + timedelta(days=1)) is None
    assert len(twilio.accepted) == 1


@pytest.mark.django_db(transaction=True)
def test_a_provider_that_is_still_dripping_when_the_limit_strikes_has_said_not_now(now, twilio):
    (id_,) = put(now, message=change_requested())
    twilio.faults.append(Slow(0.4))

    def strike() -> None:
        twilio.arrived.acquire(timeout=10)
        strike_main_thread()

    thread = threading.Thread(target=strike)
    with soft_limit():
        thread.start()
        assert deliver(delivery_id=id_, now=now) is Settlement.POSTPONED
        thread.join()
    row = Delivery.objects.get(id=id_)
    assert (row.state, row.failure, row.unanswered) == (DeliveryState.QUEUED, "too_slow", 0)
