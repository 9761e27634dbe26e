"""A heartbeat goes through real processes, and health knows when it no longer does (ALR-4)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from notifications import wake as waking
from notifications.models import Delivery
from notifications.rules.heartbeat import LATE_AFTER
from notifications.states import DeliveryState, MessageKind, ReportStatus
from notifications.transports import ProviderReport
from notifications.usecases.note_provider_report import note_provider_report
from notifications.watching import objection_to_alerts
from tests.faults.background import SLACK_SECONDS, SWEEP_SECONDS, Background, running, wait_until
from tests.notifications.conftest import PHONE

pytestmark = pytest.mark.faults
ASKED_EVERY_SECONDS = 30  # as CELERY_BEAT_SCHEDULE has it


@pytest.fixture
def background(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Background]:
    """A broker and a provider, and an address of operations that every process knows."""
    monkeypatch.setenv("HEARTBEAT_SMS", PHONE)
    waking.rest.end()
    with running(tmp_path) as parts:
        yield parts
    waking.rest.end()


def test_beat_and_worker_hand_a_heartbeat_to_the_provider_who_reports_it(background, settings):
    """ALR-4."""
    settings.HEARTBEAT_SMS = PHONE
    background.start_worker()
    background.start_beat()
    beats = Delivery.objects.filter(kind=MessageKind.HEARTBEAT)
    wait_until(
        lambda: beats.filter(state=DeliveryState.SENT).exists(),
        seconds=2 * ASKED_EVERY_SECONDS + SWEEP_SECONDS + 4 * SLACK_SECONDS,
    )
    assert [message.to for message in background.twilio.accepted] == [PHONE]
    assert objection_to_alerts(now=datetime.now(UTC)) is not None  # nobody has said that it arrived
    beat = beats.get()
    note_provider_report(
        provider=beat.provider,
        provider_reference=beat.provider_reference,
        delivery_id=beat.id,
        report=ProviderReport(ReportStatus.DELIVERED),
        now=datetime.now(UTC),
    )
    assert objection_to_alerts(now=datetime.now(UTC)) is None
    assert objection_to_alerts(now=datetime.now(UTC) + LATE_AFTER) is not None
