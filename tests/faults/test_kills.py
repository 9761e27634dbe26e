"""Kill -9 in the middle of an alert: it still arrives, once (ALR-4)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from notifications import wake as waking
from notifications.models import Delivery
from notifications.states import DeliveryState
from tests.faults.background import LEASE_SECONDS, SLACK_SECONDS, SWEEP_SECONDS, Background, running, wait_until
from tests.notifications.conftest import put, sms_address
from tests.notifications.samples import change_requested
from tests.notifications.twilio_stand_in import Hang, Slow

pytestmark = pytest.mark.faults
NOTICEABLE_SECONDS = 2
RECONNECT_SECONDS = 15  # Celery waits 2, 4, 6 … seconds between its tries


@pytest.fixture
def background(transactional_db: None, tmp_path: Path) -> Iterator[Background]:
    """A broker and a provider; worker and beat are started by the test."""
    waking.rest.end()
    with running(tmp_path) as parts:
        yield parts
    waking.rest.end()


def alert(stop_code: str) -> UUID:
    (id_,) = put(datetime.now(UTC), sms_address(), message=change_requested(stop_code=stop_code))
    return id_


def is_sent(id_: UUID) -> bool:
    return Delivery.objects.get(id=id_).state == DeliveryState.SENT


def attempts(id_: UUID) -> int:
    return Delivery.objects.get(id=id_).attempts


def copies(background: Background, stop_code: str) -> int:
    return sum(f"NO {stop_code}." in message.body for message in background.twilio.accepted)


@pytest.mark.parametrize("is_whole_group", [True, False], ids=["worker and its pool", "worker alone"])
def test_a_worker_killed_while_it_asks_the_provider(background, is_whole_group):
    background.twilio.faults.append(Hang(3))
    worker = background.start_worker()
    id_ = alert("1111")
    assert background.twilio.arrived.acquire(timeout=SLACK_SECONDS)
    background.kill(worker, is_whole_group=is_whole_group)
    killed_at = time.monotonic()
    assert background.twilio.accepted == []
    background.start_worker()
    background.start_beat()
    ready_after = time.monotonic() - killed_at
    wait_until(lambda: is_sent(id_), seconds=max(LEASE_SECONDS, ready_after) + SWEEP_SECONDS + SLACK_SECONDS)
    assert copies(background, "1111") == len(background.twilio.accepted) == 1
    assert attempts(id_) == 2


@pytest.mark.parametrize("is_empty", [True, False], ids=["the queue is lost", "the queue is kept"])
def test_a_broker_killed_with_the_task_queued(background, is_empty):
    id_ = alert("2222")
    assert background.queued_tasks() == 1
    background.kill_broker()
    background.restart_broker(is_empty=is_empty)
    background.start_worker()
    background.start_beat()
    wait_until(lambda: is_sent(id_), seconds=SWEEP_SECONDS + 2 * SLACK_SECONDS)
    assert copies(background, "2222") == len(background.twilio.accepted) == 1
    assert attempts(id_) == 1


def test_a_broker_killed_while_one_alert_is_sent_and_before_the_next_is_told(background):
    background.start_worker()
    background.start_beat()
    background.twilio.faults.append(Slow(0.8))
    first = alert("3333")
    assert background.twilio.arrived.acquire(timeout=SLACK_SECONDS)
    background.kill_broker()
    began = time.monotonic()
    second = alert("4444")
    assert time.monotonic() - began < NOTICEABLE_SECONDS
    wait_until(lambda: is_sent(first), seconds=LEASE_SECONDS)
    background.restart_broker(is_empty=True)

    def second_is_sent() -> bool:
        background.tend()
        return is_sent(second)

    wait_until(second_is_sent, seconds=RECONNECT_SECONDS + SWEEP_SECONDS + SLACK_SECONDS)
    assert (attempts(first), attempts(second)) == (1, 1)
    assert (copies(background, "3333"), copies(background, "4444")) == (1, 1)
    assert len(background.twilio.accepted) == 2
