"""What may be read of deliveries: never an address, never a text."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from notifications import models
from notifications.sealing import Column, open_column
from notifications.states import OPEN_STATES, Channel, DeliveryState, MessageKind, Priority


@dataclass(frozen=True)
class DeliveryLine:
    """One delivery as support sees it; ``at`` is when it arrived, was sent or given up, or stored."""

    id: UUID
    channel: Channel
    kind: MessageKind
    state: DeliveryState
    at: datetime


@dataclass(frozen=True)
class DeadLetter:
    """One delivery that was given up and that nothing replaced; ``failure`` is the code of its last attempt."""

    id: UUID
    channel: Channel
    kind: MessageKind
    reference: UUID
    provider: str
    failure: str
    attempts: int
    created_at: datetime
    given_up_at: datetime
    useful_until: datetime | None


@dataclass(frozen=True)
class InboxMessage:
    """One alert in the app's inbox, its words opened for the one who is logged in."""

    id: UUID
    at: datetime
    kind: MessageKind
    title: str
    text: str
    is_read: bool


@dataclass(frozen=True)
class MinuteOfProvider:
    """How a provider answered in one minute, as ``models.ProviderMinute`` has it, over all slots."""

    provider: str
    channel: Channel
    minute: datetime
    answered_yes: int
    answered_no: int
    failed: int
    slow: int
    took_ms_sum: int
    delivered: int
    undelivered: int
    unknown_reports: int
    segments: int
    cost_micro: int


@dataclass(frozen=True)
class LocalMessage:
    """One message on the demo's phones and mailboxes."""

    at: datetime
    channel: Channel
    to: str
    subject: str
    text: str


def deliveries_of(*, reference: UUID, limit: int, before: UUID | None = None) -> list[DeliveryLine]:
    """List the deliveries that carry ``reference``, newest first; ``before`` is the last id seen."""
    rows = models.Delivery.objects.filter(reference=reference).exclude(
        state__in=[DeliveryState.HELD, DeliveryState.NOT_NEEDED]
    )
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = rows.order_by("-id").values_list(
        "id", "channel", "kind", "state", Coalesce(F("delivered_at"), F("sent_at"), F("given_up_at"), F("created_at"))
    )
    return [
        DeliveryLine(id=id_, channel=Channel(channel), kind=MessageKind(kind), state=DeliveryState(state), at=at)
        for id_, channel, kind, state, at in found[:limit]
    ]


def times_told(*, reference: UUID, kind: MessageKind, since: datetime) -> int:
    """Count how often a reference was told something since then, on however many channels."""
    rows = models.Delivery.objects.filter(reference=reference, kind=kind, created_at__gt=since)
    return rows.values("message_id").distinct().count()


def was_texted(*, references: Collection[UUID], since: datetime) -> bool:
    """Tell whether a text message about one of these references was stored since then."""
    rows = models.Delivery.objects.filter(reference__in=references, channel=Channel.SMS, created_at__gt=since)
    return rows.exists()


def inbox_of(*, reference: UUID, limit: int, before: UUID | None = None) -> list[InboxMessage]:
    """Open a reference's inbox, newest first; ``before`` is the last id seen.

    Raises: HsmUnavailable.
    """
    rows = models.Delivery.objects.filter(reference=reference, channel=Channel.APP)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [
        InboxMessage(
            id=row.id,
            at=row.created_at,
            kind=MessageKind(row.kind),
            title=open_column(row.subject_sealed or b"", column=Column.SUBJECT, delivery_id=row.id),
            text=open_column(row.body_sealed, column=Column.BODY, delivery_id=row.id),
            is_read=row.read_at is not None,
        )
        for row in rows.order_by("-id")[:limit]
    ]


def unread_in_inbox(*, reference: UUID, at_most: int) -> int:
    """Count a reference's unread messages, up to ``at_most``."""
    rows = models.Delivery.objects.filter(reference=reference, channel=Channel.APP, read_at__isnull=True)
    return len(rows.values_list("id", flat=True)[:at_most])


def contacts_given_up(*, contact_ids: Collection[UUID], since: datetime) -> set[UUID]:
    """Tell which contacts a message failed to reach since then.

    Rule:  ALR-5: the citizen is told at the next login.
    """
    found = models.Delivery.objects.filter(
        contact_id__in=contact_ids, state=DeliveryState.GIVEN_UP, given_up_at__gte=since
    )
    return set(found.values_list("contact_id", flat=True))


def dead_letters(
    *,
    limit: int,
    before: UUID | None = None,
    channel: Channel | None = None,
    failure: str = "",
    delivery_id: UUID | None = None,
) -> list[DeadLetter]:
    """List what was given up and has no successor, newest first; ``before`` is the last id seen.

    Heartbeats are left out: nobody waits for one, and the next says more than a copy would.
    """
    rows = models.Delivery.objects.filter(state=DeliveryState.GIVEN_UP, replaced_by__isnull=True).exclude(
        kind=MessageKind.HEARTBEAT
    )
    wanted = {"id__lt": before, "channel": channel, "failure": failure or None, "id": delivery_id}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return [
        DeadLetter(
            id=row.id,
            channel=Channel(row.channel),
            kind=MessageKind(row.kind),
            reference=row.reference,
            provider=row.provider,
            failure=row.failure,
            attempts=row.attempts,
            created_at=row.created_at,
            given_up_at=row.given_up_at or row.created_at,
            useful_until=row.useful_until,
        )
        for row in rows.defer("address_sealed", "subject_sealed", "body_sealed").order_by("-id")[:limit]
    ]


def due(*, now: datetime, limit: int) -> Sequence[tuple[UUID, Priority]]:
    """List what may be claimed at ``now``: codes before alerts, and what has waited longest first."""
    rows = (
        models.Delivery.objects.filter(state__in=sorted(OPEN_STATES), next_attempt_at__lte=now)
        .order_by("priority", "next_attempt_at")
        .values_list("id", "priority")
    )
    return [(id_, Priority(priority)) for id_, priority in rows[:limit]]


def is_reference_taken(*, provider: str, reference: str, but_by: UUID) -> bool:
    """Tell whether another delivery is the one that the provider knows by this reference."""
    rows = models.Delivery.objects.filter(provider_reference=reference, provider=provider).exclude(channel=Channel.APP)
    return rows.exclude(id=but_by).exists()


def local_messages(*, limit: int) -> list[LocalMessage]:
    """List what the local transports delivered, newest first."""
    return [
        LocalMessage(at=row.at, channel=Channel(row.channel), to=row.to, subject=row.subject, text=row.text)
        for row in models.LocalMessage.objects.order_by("-id")[:limit]
    ]


def provider_minutes(*, since: datetime) -> list[MinuteOfProvider]:
    """List the minutes of every provider since then, oldest first."""
    rows = (
        models.ProviderMinute.objects.filter(minute__gte=since)
        .values_list("minute", "provider", "channel")
        .annotate(*(Sum(name) for name in COUNTS))
        .order_by("minute", "provider", "channel")
    )
    return [
        MinuteOfProvider(
            provider=provider, channel=Channel(channel), minute=minute, **dict(zip(COUNTS, sums, strict=True))
        )
        for minute, provider, channel, *sums in rows
    ]


COUNTS: Final = (
    "answered_yes", "answered_no", "failed", "slow", "took_ms_sum", "delivered", "undelivered", "unknown_reports",
    "segments", "cost_micro",
)  # fmt: skip
