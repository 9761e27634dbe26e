"""Writing down what a provider tells of a message after it took it."""

import random
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from notifications.models import Delivery
from notifications.queries import is_reference_taken
from notifications.rules.reports import Move, move_by
from notifications.rules.retry import is_too_old, wait_after_report
from notifications.states import Channel, DeliveryState, ReportStatus
from notifications.steps import Counts, count_for_provider, give_up, note_yes, release_held
from notifications.transports import Accepted, ProviderReport

_random = random.SystemRandom()

MAIL: Final = "smtp"  # the one provider whose reports are of e-mails


class ReportOutcome(StrEnum):
    """What became of a report."""

    NOTED = "NOTED"
    DELIVERED = "DELIVERED"
    WILL_TRY_AGAIN = "WILL_TRY_AGAIN"
    GIVEN_UP = "GIVEN_UP"
    CHANGES_NOTHING = "CHANGES_NOTHING"  # told before, overtaken, or of an attempt that no longer counts
    UNKNOWN = "UNKNOWN"  # of no delivery of ours: counted, and no error to the provider


@transaction.atomic(durable=True)
def note_provider_report(
    *,
    provider: str,
    provider_reference: str,
    delivery_id: UUID | None,
    report: ProviderReport,
    now: datetime,
    attempt: int | None = None,
) -> ReportOutcome:
    """Move a delivery on by its provider's report, which may come twice, late, out of order or before the yes is noted.

    ``delivery_id`` is what the address of a callback says, and finds the delivery before its reference is written
    down; ``attempt`` is the one that the report is of, where the provider tells. The caller has verified that the
    provider speaks.

    Rule:   ALR-4, ALR-5.
    Locks:  the delivery's row, then the held rows of its message, then the provider's minute.
    Writes: Delivery, AuditEvent, ProviderMinute.
    """
    reference = provider_reference[:255]
    delivery = _found(provider, reference, delivery_id)
    if delivery is None:
        count_for_provider(provider=provider, channel=_channel_of(provider), counts=Counts(unknown_reports=1), at=now)
        return ReportOutcome.UNKNOWN
    is_its_last = (delivery.provider, delivery.provider_reference) == (provider, reference)
    is_older = attempt is not None and attempt < delivery.attempts
    may_be_out = delivery.provider == provider and not is_older
    state = DeliveryState(delivery.state)
    move = move_by(status=report.status, state=state, is_its_last=is_its_last, may_be_out=may_be_out)
    if move is Move.NOTHING or (not is_its_last and _is_anothers(provider, reference, delivery.id)):
        return ReportOutcome.CHANGES_NOTHING
    counts = _counts(delivery, report, move, is_its_last=is_its_last)
    outcome = _moved(delivery, move, provider=provider, reference=reference, report=report, now=now)
    if counts != Counts():
        count_for_provider(provider=provider, channel=Channel(delivery.channel), counts=counts, at=now)
    return outcome


def _found(provider: str, reference: str, delivery_id: UUID | None) -> Delivery | None:
    rows = Delivery.objects.select_for_update().filter(channel=_channel_of(provider))
    if delivery_id is not None:
        return rows.filter(id=delivery_id).first()
    return rows.filter(provider_reference=reference, provider=provider).first() if reference else None


def _channel_of(provider: str) -> Channel:
    return Channel.EMAIL if provider == MAIL else Channel.SMS


def _is_anothers(provider: str, reference: str, delivery_id: UUID) -> bool:
    return is_reference_taken(provider=provider, reference=reference, but_by=delivery_id)


def _moved(
    delivery: Delivery,
    move: Move,
    *,
    provider: str,
    reference: str,
    report: ProviderReport,
    now: datetime,
) -> ReportOutcome:
    _note_copy(delivery, provider, reference, report)
    match move:
        case Move.SEND:
            accepted = Accepted(reference, report.segments, report.cost_micro, report.currency)
            note_yes(delivery, provider=provider, accepted=accepted, awaits_receipt=True, now=now)
            return ReportOutcome.NOTED
        case Move.DELIVER:
            _deliver(delivery, now)
            return ReportOutcome.DELIVERED
        case Move.TRY_AGAIN:
            return _try_again(delivery, report, now)
        case Move.GIVE_UP:
            give_up(delivery, failure=report.code or report.status.lower(), now=now)
            return ReportOutcome.GIVEN_UP
        case Move.COUNT | Move.NOTHING:
            return ReportOutcome.NOTED


def _note_copy(delivery: Delivery, provider: str, reference: str, report: ProviderReport) -> None:
    """Note which copy the delivery rests on now, and what it costs; parts and price come when the provider has them."""
    changes: dict[str, object] = {}
    if (delivery.provider, delivery.provider_reference) != (provider, reference):
        changes |= {"provider": provider, "provider_reference": reference, "cost_micro": None, "cost_currency": ""}
    if report.segments is not None:
        changes["segments"] = report.segments
    if report.cost_micro is not None:
        changes |= {"cost_micro": report.cost_micro, "cost_currency": report.currency}
    if changes:
        Delivery.objects.filter(id=delivery.id).update(**changes)


def _deliver(delivery: Delivery, now: datetime) -> None:
    Delivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.DELIVERED,
        delivered_at=now,
        sent_at=delivery.sent_at or now,
        next_attempt_at=None,
        given_up_at=None,
        receipt_due_at=None,
        in_doubt_since=None,
    )
    release_held(delivery)


def _try_again(delivery: Delivery, report: ProviderReport, now: datetime) -> ReportOutcome:
    failure = report.code or report.status.lower()
    failing_since = delivery.failing_since or now
    if is_too_old(failing_since=failing_since, now=now, give_up_after=settings.GIVE_UP_AFTER):
        give_up(delivery, failure=failure, now=now)
        return ReportOutcome.GIVEN_UP
    Delivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.QUEUED,
        next_attempt_at=now + wait_after_report(attempts=delivery.attempts, spread=_random.random()),
        sent_at=None,
        receipt_due_at=None,
        in_doubt_since=None,
        failing_since=failing_since,
        failure=failure,
    )
    return ReportOutcome.WILL_TRY_AGAIN


def _counts(delivery: Delivery, report: ProviderReport, move: Move, *, is_its_last: bool) -> Counts:
    """Count what this report tells for the first time."""
    known_cost = (delivery.cost_micro or 0) if is_its_last else 0
    known_segments = (delivery.segments or 0) if is_its_last else 0
    is_failed = report.status in {ReportStatus.FAILED_FOR_NOW, ReportStatus.FAILED_FOR_GOOD}
    return Counts(
        delivered=int(move is Move.DELIVER),
        undelivered=int(is_failed and move is not Move.COUNT),
        segments=max(0, (report.segments or 0) - known_segments),
        cost_micro=max(0, (report.cost_micro or 0) - known_cost),
    )
