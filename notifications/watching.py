"""What the people who watch are told: numbers and codes, never an address, a text or whom it is about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import TruncHour

from notifications import models
from notifications.queries import COUNTS, MinuteOfProvider
from notifications.rules.cost import Spending, cost_of, spending
from notifications.rules.day import day_began
from notifications.rules.heartbeat import is_late, is_stuck
from notifications.states import OPEN_STATES, Channel, DeliveryState, MessageKind, Priority

# Whom heartbeats are about: nobody. Also the id of the address that they go to.
HEARTBEAT_REFERENCE: Final = UUID("00000000-0000-7000-8000-000000000001")
MICRO: Final = 1_000_000
LOOKED_BACK: Final = timedelta(days=1)  # a heartbeat of longer ago is as good as none
FAILS_FOR_LONG: Final = timedelta(hours=1)
FAILURES_SHOWN: Final = 20


@dataclass(frozen=True)
class QueueLine:
    """What waits in one priority and channel; ``oldest_due_at`` is since when the oldest could have been sent."""

    priority: Priority
    channel: Channel
    waiting: int
    due: int
    oldest_due_at: datetime | None


@dataclass(frozen=True)
class FailingLine:
    """What is tried again and again on a channel for one reason; ``failure`` is empty when nobody answered."""

    channel: Channel
    failure: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True)
class HeartbeatLine:
    """When the newest heartbeat that arrived was written, as far as its provider says what arrived."""

    channel: Channel
    arrived_at: datetime | None
    is_late: bool


@dataclass(frozen=True)
class Spent:
    """What the day's text messages have cost. Units: millionths of the provider's currency; a ceiling of 0 is none."""

    cost_micro: int
    ceiling_micro: int

    @property
    def spending(self) -> Spending:
        """How near the ceiling is."""
        return spending(cost_micro=self.cost_micro, ceiling_micro=self.ceiling_micro)


def queue(*, now: datetime) -> list[QueueLine]:
    """Count what waits, by priority and channel. One query over the rows that are open, which have an index."""
    is_due = Q(next_attempt_at__lte=now)
    rows = (
        models.Delivery.objects.filter(state__in=sorted(OPEN_STATES))
        .values_list("priority", "channel")
        .annotate(
            waiting=Count("id"),
            due=Count("id", filter=is_due),
            oldest=Min("next_attempt_at", filter=is_due),
        )
        .order_by("priority", "channel")
    )
    return [QueueLine(Priority(priority), Channel(channel), *counts) for priority, channel, *counts in rows]


def failing(*, now: datetime) -> list[FailingLine]:
    """Count what waits since an hour or longer although it was tried, by channel and last failure, the oldest first.

    Rule: ALR-5. What is ours to repair is tried for ever and never given up: here somebody sees it.
    """
    rows = (
        models.Delivery.objects.filter(
            state__in=sorted(OPEN_STATES), attempts__gt=0, created_at__lte=now - FAILS_FOR_LONG
        )
        .values_list("channel", "failure")
        .annotate(count=Count("id"), oldest=Min("created_at"))
        .order_by("oldest", "channel", "failure")[:FAILURES_SHOWN]
    )
    return [FailingLine(Channel(channel), failure, *counted) for channel, failure, *counted in rows]


def given_up(*, since: datetime) -> dict[Channel, int]:
    """Count by channel what was given up since then, heartbeats left out."""
    rows = models.Delivery.objects.filter(state=DeliveryState.GIVEN_UP, given_up_at__gte=since)
    counted = rows.exclude(kind=MessageKind.HEARTBEAT).values_list("channel").annotate(count=Count("id"))
    return {Channel(channel): count for channel, count in counted.order_by("channel")}


def maybe_doubled(*, since: datetime) -> int:
    """Count the second copies that were risked of messages made since then (ALR-4)."""
    rows = models.Delivery.objects.filter(maybe_doubled__gt=0, created_at__gte=since)
    return rows.aggregate(sum=Sum("maybe_doubled"))["sum"] or 0


def provider_hours(*, since: datetime) -> list[MinuteOfProvider]:
    """List the hours of every provider since then, oldest first; ``minute`` is the hour's first."""
    rows = (
        models.ProviderMinute.objects.filter(minute__gte=since)
        .annotate(hour=TruncHour("minute"))
        .values_list("hour", "provider", "channel")
        .annotate(*(Sum(name) for name in COUNTS))
        .order_by("hour", "provider", "channel")
    )
    return [
        MinuteOfProvider(
            provider=provider, channel=Channel(channel), minute=hour, **dict(zip(COUNTS, sums, strict=True))
        )
        for hour, provider, channel, *sums in rows
    ]


def provider_sums(*, since: datetime) -> list[MinuteOfProvider]:
    """Give one sum for every provider and channel since then; ``minute`` is where it begins."""
    rows = (
        models.ProviderMinute.objects.filter(minute__gte=since)
        .values_list("provider", "channel")
        .annotate(*(Sum(name) for name in COUNTS))
        .order_by("provider", "channel")
    )
    return [
        MinuteOfProvider(
            provider=provider, channel=Channel(channel), minute=since, **dict(zip(COUNTS, sums, strict=True))
        )
        for provider, channel, *sums in rows
    ]


def heartbeat_channels() -> dict[Channel, str]:
    """Give the addresses that heartbeats go to, by channel; none where none is set."""
    configured = {Channel.SMS: settings.HEARTBEAT_SMS, Channel.EMAIL: settings.HEARTBEAT_EMAIL}
    return {channel: address for channel, address in configured.items() if address}


def heartbeats(*, now: datetime) -> list[HeartbeatLine]:
    """Tell for each channel that heartbeats go to when one last arrived.

    A provider that gives receipts must have reported it: one that takes everything and delivers nothing is not well.
    """
    channels = list(heartbeat_channels())
    rows = models.Delivery.objects.filter(
        Q(state=DeliveryState.DELIVERED) | Q(state=DeliveryState.SENT, receipt_due_at__isnull=True),
        reference=HEARTBEAT_REFERENCE,
        kind=MessageKind.HEARTBEAT,
        created_at__gte=now - LOOKED_BACK,
    )
    newest = dict(rows.values_list("channel").annotate(at=Max("created_at")))
    return [
        HeartbeatLine(channel, newest.get(channel), is_late(arrived_at=newest.get(channel), now=now))
        for channel in channels
    ]


def objection_to_alerts(*, now: datetime) -> str | None:
    """Tell what speaks against alerts getting through now; None when nothing does.

    Rule: ALR-4. Where no heartbeat is sent, an alert that waits although it is due speaks against it.
    """
    lines = heartbeats(now=now)
    late = [line.channel.value for line in lines if line.is_late]
    if late:
        return f"No heartbeat was reported to have arrived lately: {', '.join(late)}."
    if lines:
        return None
    due = models.Delivery.objects.filter(
        state__in=sorted(OPEN_STATES), priority=Priority.ALERT, next_attempt_at__lte=now
    )
    oldest = due.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    return "An alert that is due waits." if is_stuck(due_at=oldest, now=now) else None


def spent_of(sums: list[MinuteOfProvider]) -> Spent:
    """Add up what a day's text messages cost."""
    texts = [line for line in sums if line.channel is Channel.SMS]
    cost_micro = cost_of(
        told_micro=sum(line.cost_micro for line in texts),
        segments=sum(line.segments for line in texts),
        messages=sum(line.answered_yes for line in texts),
        micro_a_segment=settings.SMS_SEGMENT_COST_MICRO,
    )
    return Spent(cost_micro=cost_micro, ceiling_micro=settings.SMS_COST_CEILING_PER_DAY * MICRO)


def spent_today(*, now: datetime) -> Spent:
    """Give what this day's text messages have cost so far."""
    return spent_of(provider_sums(since=day_began(now)))
