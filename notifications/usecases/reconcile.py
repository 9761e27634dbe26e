"""Asking providers for the reports that did not come by themselves."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from notifications.models import Delivery, ProviderMinute
from notifications.rules.reports import (
    RECEIPT_ASKED_EVERY,
    RECEIPT_PATIENCE,
    RECEIPT_PATIENCE_WITHOUT_ANSWER,
    UNKNOWN_SOON,
)
from notifications.states import DeliveryState, ReportStatus
from notifications.steps import release_held
from notifications.transports import ProviderReport, TemporaryFailure, sms_transport_named
from notifications.usecases.note_provider_report import note_provider_report

logger = logging.getLogger(__name__)

AT_MOST: Final = 200
LONGEST_ROUND_SECONDS: Final = 40.0  # the next round begins a minute after this one
MINUTES_KEPT_FOR: Final = timedelta(days=35)
GIVE_UP_ROUND_AFTER: Final = 3  # failures in a row: a provider that is gone is not asked two hundred times
NEXT_ROUND: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class _Awaited:
    id: UUID
    provider: str
    provider_reference: str
    waited: timedelta


def reconcile(*, now: datetime, limit: int = AT_MOST, tick: Callable[[], float] = time.monotonic) -> int:
    """Ask for the reports that are due, and end the wait for those that never come.

    A message that a provider sent and says nothing more of counts as arrived after ``RECEIPT_PATIENCE``, so that the
    held copies of its message do not wait for ever; one that cannot be asked gets four times as long. What this round
    did not come to is asked in the next.

    Rule:    ALR-4, ALR-5.
    Returns: how many were due.
    Locks:   the rows of a batch, for the moment in which their next question is put off; then one at a time.
    Writes:  Delivery, AuditEvent, ProviderMinute.
    """
    began, failures, unasked = tick(), Counter[str](), []
    taken = _take(now=now, limit=limit)
    for awaited in taken:
        if tick() - began >= LONGEST_ROUND_SECONDS or failures[awaited.provider] >= GIVE_UP_ROUND_AFTER:
            unasked.append(awaited.id)
            continue
        is_answered = _asked(awaited, now + timedelta(seconds=tick() - began))
        failures[awaited.provider] = 0 if is_answered else failures[awaited.provider] + 1
        if awaited.waited >= (RECEIPT_PATIENCE if is_answered else RECEIPT_PATIENCE_WITHOUT_ANSWER):
            _stop_waiting(awaited.id)
    Delivery.objects.filter(id__in=unasked, state=DeliveryState.SENT, receipt_due_at__isnull=False).update(
        receipt_due_at=now + NEXT_ROUND
    )
    return len(taken)


def forget_minutes(*, now: datetime) -> int:
    """Drop the counts of providers that nobody looks at any more; return how many rows."""
    deleted, _by_model = ProviderMinute.objects.filter(minute__lt=now - MINUTES_KEPT_FOR).delete()
    return deleted


@transaction.atomic(durable=True)
def _take(*, now: datetime, limit: int) -> Sequence[_Awaited]:
    """Put the next question off, so that no other process asks the same meanwhile."""
    rows = list(
        Delivery.objects.select_for_update(skip_locked=True)
        .filter(receipt_due_at__lte=now)
        .order_by("receipt_due_at")
        .values_list("id", "provider", "provider_reference", "sent_at")[:limit]
    )
    Delivery.objects.filter(id__in=[id_ for id_, *_rest in rows]).update(receipt_due_at=now + RECEIPT_ASKED_EVERY)
    return [
        _Awaited(id_, provider, reference, waited=now - sent_at if sent_at is not None else timedelta())
        for id_, provider, reference, sent_at in rows
    ]


def _asked(awaited: _Awaited, now: datetime) -> bool:
    """Ask the provider and note what it says; False when it did not answer."""
    transport = sms_transport_named(awaited.provider)
    if transport is None:
        return True
    try:
        report = transport.report_of(awaited.provider_reference)
    except TemporaryFailure as failure:
        logger.warning("Nobody can say yet whether delivery %s arrived: %s.", awaited.id, failure.code)
        return False
    if report is None and awaited.waited <= UNKNOWN_SOON:
        # It said yes and has nothing: nobody has the message, and nobody will send it unless we do.
        logger.critical("Provider %s does not know delivery %s, which it took.", awaited.provider, awaited.id)
        report = ProviderReport(ReportStatus.FAILED_FOR_NOW, code="unknown_to_provider")
    if report is not None:
        note_provider_report(
            provider=awaited.provider,
            provider_reference=awaited.provider_reference,
            delivery_id=awaited.id,
            report=report,
            now=now,
        )
    return True


@transaction.atomic(durable=True)
def _stop_waiting(delivery_id: UUID) -> None:
    delivery = Delivery.objects.select_for_update().get(id=delivery_id)
    if delivery.state == DeliveryState.SENT:
        Delivery.objects.filter(id=delivery.id).update(receipt_due_at=None)
        release_held(delivery)
