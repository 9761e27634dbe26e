"""A real worker with a backlog: a code goes out before the news and alerts that wait."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifications import wake as waking
from notifications.models import Delivery
from notifications.states import DeliveryState, Priority
from notifications.usecases.sweep import AT_MOST, wake_due
from tests.faults.background import Background, running, wait_until
from tests.notifications.conftest import put, sms_address
from tests.notifications.samples import change_requested
from tests.notifications.twilio_stand_in import Slow

pytestmark = pytest.mark.faults
BACKLOG = 3 * AT_MOST
SLOTS = 2  # of the worker: what is being sent is not called back
PATIENCE_SECONDS = 120


@pytest.fixture
def background(transactional_db: None, tmp_path: Path) -> Iterator[Background]:
    waking.rest.end()
    with running(tmp_path) as parts:
        yield parts
    waking.rest.end()


@pytest.mark.parametrize("priority", [Priority.NEWS, Priority.ALERT])
def test_a_backlog_does_not_delay_a_code(background, priority):
    now = datetime.now(UTC)
    waking.rest.begin()  # the backlog is only found by the sweep, as after an outage
    for _ in range(BACKLOG):
        put(now, sms_address(), message=change_requested())
    Delivery.objects.update(priority=priority)
    waking.rest.end()
    background.twilio.faults.extend([Slow(0.03)] * BACKLOG)
    background.start_worker()
    assert wake_due(now=datetime.now(UTC)) == AT_MOST
    wait_until(lambda: len(background.twilio.accepted) > SLOTS, seconds=PATIENCE_SECONDS)
    (code,) = put(datetime.now(UTC), sms_address("+4530123456"))
    before = len(background.twilio.accepted)
    wait_until(lambda: Delivery.objects.get(id=code).state == DeliveryState.SENT, seconds=PATIENCE_SECONDS)
    order = [message.to for message in background.twilio.accepted]
    # Not a few: the process that claimed it may be kept waiting by a busy machine while the other goes on.
    assert order.index("+4530123456") <= before + AT_MOST // 4
    assert Delivery.objects.filter(state=DeliveryState.QUEUED, priority=priority).count() > AT_MOST // 2
