"""Noting what text messages cost: Twilio knows it only some time after sending, and no callback of it says so."""

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from notifications.models import Delivery
from notifications.states import TAKEN_STATES, Channel
from notifications.transports import ProviderReport, TemporaryFailure, sms_transports
from notifications.transports.twilio_sms import TWILIO, TwilioSms
from notifications.usecases.note_provider_report import note_provider_report

logger = logging.getLogger(__name__)

KNOWN_AFTER: Final = timedelta(minutes=15)  # most prices are there by then
ASKED_FOR: Final = timedelta(hours=24)  # what has none by then stays without
CLOCKS_DIFFER: Final = timedelta(minutes=1)
BATCH: Final = 500
LONGEST_ROUND_SECONDS: Final = 60.0  # below CELERY_TASK_TIME_LIMIT


def note_prices(*, now: datetime, tick: Callable[[], float] = time.monotonic) -> int:
    """Ask for the prices of the last day's messages that have none, a page at a time and the newest first.

    A round has an end; what it did not come to is the next one's, once the newer ones have their prices.

    Returns: how many were noted.
    Writes:  Delivery, ProviderMinute; AuditEvent where a report tells of a failure that was not told before.
    """
    twilio = next((transport for transport in sms_transports() if isinstance(transport, TwilioSms)), None)
    unpriced = Delivery.objects.exclude(channel=Channel.APP).filter(
        provider=TWILIO,
        state__in=sorted(TAKEN_STATES),
        cost_micro__isnull=True,
        sent_at__range=(now - ASKED_FOR, now - KNOWN_AFTER),
    )
    oldest = unpriced.order_by("sent_at").values_list("sent_at", flat=True).first()
    if twilio is None or oldest is None:
        return 0
    ends, noted = tick() + LONGEST_ROUND_SECONDS, 0
    try:
        for batch in _batches(twilio.reports_between(oldest - CLOCKS_DIFFER, now)):
            priced = {reference: report for reference, report in batch if report.cost_micro is not None}
            waiting = unpriced.filter(provider_reference__in=priced).values_list("provider_reference", flat=True)
            for reference in list(waiting):
                note_provider_report(
                    provider=TWILIO,
                    provider_reference=reference,
                    delivery_id=None,
                    report=priced[reference],
                    now=now,
                )
                noted += 1
            if tick() > ends:
                break
    except TemporaryFailure as failure:
        logger.warning("Prices are asked for again later: %s.", failure.code)
    return noted


def _batches(reports: Iterator[tuple[str, ProviderReport]]) -> Iterator[list[tuple[str, ProviderReport]]]:
    while batch := list(itertools.islice(reports, BATCH)):
        yield batch
