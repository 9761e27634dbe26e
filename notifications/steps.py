"""Writes that others compose into their own transaction."""

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from uuid_utils.compat import uuid7

from notifications import events
from notifications.messages import ActivationCodeSent, ContactCode, Heartbeat, Message, TemporaryPin
from notifications.models import Delivery, ProviderMinute
from notifications.models.provider_minute import SLOTS
from notifications.opt_outs import note_refusal
from notifications.rendering import render
from notifications.rules.heartbeat import LATE_AFTER
from notifications.rules.reports import RECEIPT_FIRST_ASKED_AFTER
from notifications.sealing import Column, index_address, seal_column
from notifications.statements import Yes, write_yes
from notifications.states import OPEN_STATES, Channel, DeliveryState, Language, states_before
from notifications.transports import Accepted
from notifications.wake import wake

INBOX: Final = "inbox"  # what stands for the provider of the app's inbox, and for an address in it
TYPED: Final = (ContactCode, ActivationCodeSent, TemporaryPin)  # worth nothing once the code in it is dead


@dataclass(frozen=True)
class Address:
    """Where a message goes; ``id`` is the contact's own and means nothing here."""

    channel: Channel
    value: str = field(repr=False)
    id: UUID


def _refuse_outside_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A message is stored with what it tells of, in one transaction.")


def enqueue(
    *,
    message: Message,
    addresses: Sequence[Address],
    language: Language,
    reference: UUID,
    now: datetime,
    spare_addresses: Sequence[Address] = (),
    source: UUID | None = None,
    useful_until: datetime | None = None,
) -> list[UUID]:
    """Store ``message`` for every address, ready to send; workers are woken when the transaction commits.

    The words are made here, so that a fault in a template rolls back what they would have told of. A copy for
    each spare address is held back and goes out only if one of ``addresses`` is given up.

    What goes to the app's inbox has arrived when it is stored. ``source`` is the opaque id of whoever has a code sent,
    by which codes are limited (``notifications.throttle``), or of what an alert tells of, by which it is withdrawn
    (``notifications.withdrawal``). After ``useful_until`` it is not sent; a code and a heartbeat have their own end.

    Rule:    ALR-4, ALR-5.
    Returns: the ids of the deliveries that wait for a provider, in the order of ``addresses``.
    Raises:  TransactionManagementError outside a transaction; MessageFault; HsmUnavailable.
    Writes:  Delivery.
    """
    _refuse_outside_transaction()
    message_id = uuid7()
    rows = [
        _delivery(
            message,
            address,
            state,
            language=language,
            reference=reference,
            source=source,
            useful_until=_useful_until(message, now) or useful_until,
            now=now,
            message_id=message_id,
        )
        for state, group in ((DeliveryState.QUEUED, addresses), (DeliveryState.HELD, spare_addresses))
        for address in group
    ]
    Delivery.objects.bulk_create(rows)
    queued = [row.id for row in rows if row.state == DeliveryState.QUEUED]
    if queued:
        transaction.on_commit(wake, robust=True)
    return queued


def _delivery(
    message: Message,
    address: Address,
    state: DeliveryState,
    *,
    language: Language,
    reference: UUID,
    source: UUID | None,
    useful_until: datetime | None,
    now: datetime,
    message_id: UUID,
) -> Delivery:
    delivery_id = uuid7()
    rendered = render(message, channel=address.channel, language=language)
    subject = rendered.subject
    is_inbox = address.channel is Channel.APP
    return Delivery(
        id=delivery_id,
        message_id=message_id,
        kind=message.kind,
        channel=address.channel,
        priority=message.priority,
        language=language,
        contact_id=address.id,
        reference=reference,
        source=source,
        address_sealed=seal_column(address.value, column=Column.ADDRESS, delivery_id=delivery_id),
        address_index=None if is_inbox else index_address(address.value),
        subject_sealed=None
        if subject is None
        else seal_column(subject, column=Column.SUBJECT, delivery_id=delivery_id),
        body_sealed=seal_column(rendered.body, column=Column.BODY, delivery_id=delivery_id),
        state=DeliveryState.SENT if is_inbox else state,
        attempts=int(is_inbox),
        sent_at=now if is_inbox else None,
        provider=INBOX if is_inbox else "",
        provider_reference=INBOX if is_inbox else "",
        created_at=now,
        next_attempt_at=now if state is DeliveryState.QUEUED and not is_inbox else None,
        useful_until=None if is_inbox else useful_until,
    )


def _useful_until(message: Message, now: datetime) -> datetime | None:
    if isinstance(message, Heartbeat):
        return now + LATE_AFTER
    return now + timedelta(minutes=message.minutes) if isinstance(message, TYPED) else None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What one answer or report adds to its provider's minute."""

    answered_yes: int = 0
    answered_no: int = 0
    failed: int = 0
    slow: int = 0
    took_ms_sum: int = 0
    delivered: int = 0
    undelivered: int = 0
    unknown_reports: int = 0
    segments: int = 0
    cost_micro: int = 0


def count_for_provider(*, provider: str, channel: Channel, counts: Counts, at: datetime) -> None:
    """Add to the counts of a provider's minute.

    Locks:  one row, the last that its transaction takes; each thread has a slot, so that few wait for each other.
    Writes: ProviderMinute.
    """
    _refuse_outside_transaction()
    ProviderMinute.add(
        provider=provider,
        channel=channel,
        minute=at.replace(second=0, microsecond=0),
        slot=_slot(),
        **asdict(counts),
    )


def _slot() -> int:
    return threading.get_native_id() % SLOTS


def note_yes_to_claim(
    *,
    delivery_id: UUID,
    attempt: int,
    provider: str,
    channel: Channel,
    accepted: Accepted,
    counts: Counts,
    now: datetime,
) -> bool:
    """Note, and count, the yes to an attempt that still holds its claim and has a report to come.

    Returns: False, with nothing written, when the claim is gone.
    Raises:  IntegrityError when another delivery has the provider's reference.
    Locks:   the delivery's row, then the provider's minute.
    Writes:  Delivery, ProviderMinute.
    """
    _refuse_outside_transaction()
    yes = Yes(
        delivery_id=delivery_id,
        attempt=attempt,
        provider=provider,
        provider_reference=accepted.provider_reference[:255],
        receipt_due_at=now + RECEIPT_FIRST_ASKED_AFTER,
        segments=accepted.segments,
        cost_micro=accepted.cost_micro,
        cost_currency=accepted.currency,
        channel=channel,
        slot=_slot(),
        at=now,
    )
    return write_yes(yes, vars(counts))


def note_yes(delivery: Delivery, *, provider: str, accepted: Accepted, awaits_receipt: bool, now: datetime) -> None:
    """Note that a provider took the message; ``delivery`` is locked and may still be sent by its state.

    Raises: IntegrityError when another delivery has the provider's reference.
    Writes: Delivery.
    """
    _refuse_outside_transaction()
    Delivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.SENT,
        sent_at=now,
        next_attempt_at=None,
        in_doubt_since=None,
        provider=provider,
        provider_reference=accepted.provider_reference[:255],
        receipt_due_at=now + RECEIPT_FIRST_ASKED_AFTER if awaits_receipt else None,
        segments=accepted.segments,
        cost_micro=accepted.cost_micro,
        cost_currency=accepted.currency,
    )
    if not awaits_receipt:
        release_held(delivery)


def give_up(delivery: Delivery, *, failure: str, now: datetime) -> Delivery | None:
    """End a delivery that will not succeed, and queue a held copy in its place.

    Rule:    ALR-5: another channel before another address of the same one.
    Returns: the delivery that replaces it, or None when none was held.
    Locks:   the held rows of the same message, in the order of their ids.
    Writes:  Delivery, SmsOptOut, AuditEvent.
    """
    _refuse_outside_transaction()
    changed = Delivery.objects.filter(
        id=delivery.id, state__in=states_before(DeliveryState.GIVEN_UP), attempts=delivery.attempts
    ).update(
        state=DeliveryState.GIVEN_UP,
        given_up_at=now,
        next_attempt_at=None,
        sent_at=None,
        receipt_due_at=None,
        in_doubt_since=None,
        failure=failure,
    )
    if not changed:
        return None
    delivery.refresh_from_db(fields=["state", "failure"])
    note_refusal(delivery, failure=failure, now=now)
    held = list(_held_beside(delivery))
    replacement = min(held, key=lambda row: (row.channel == delivery.channel, row.id), default=None)
    if replacement is not None:
        Delivery.objects.filter(id=replacement.id, state=DeliveryState.HELD).update(
            state=DeliveryState.QUEUED, next_attempt_at=now, replaces=delivery
        )
        transaction.on_commit(wake, robust=True)
    events.delivery_given_up(delivery=delivery, replacement=replacement, at=now)
    return replacement


def release_held(delivery: Delivery) -> None:
    """Drop the held copies of a message once every other address was reached.

    An address is reached when the message was reported to have arrived, or was sent and no report is awaited.

    Locks:  the held rows, and only then looks at the others: of two that finish together one sees both.
    Writes: Delivery.
    """
    _refuse_outside_transaction()
    held = [row.id for row in _held_beside(delivery)]
    if not held:
        return
    is_awaited = Q(state__in=sorted(OPEN_STATES)) | Q(state=DeliveryState.SENT, receipt_due_at__isnull=False)
    is_open = Delivery.objects.filter(is_awaited, message_id=delivery.message_id).exists()
    if not is_open:
        Delivery.objects.filter(id__in=held, state=DeliveryState.HELD).update(state=DeliveryState.NOT_NEEDED)


def _held_beside(delivery: Delivery) -> list[Delivery]:
    return list(
        Delivery.objects.select_for_update()
        .filter(message_id=delivery.message_id, state=DeliveryState.HELD)
        .order_by("id")
    )


def note_inbound_sms(*, provider_id: str, now: datetime) -> bool:
    """Note that a text message is being acted on, in the transaction of the act itself.

    So an act that fails leaves no note, and the provider's second copy is acted on.

    Returns: False when it was noted before: the copy must not be acted on again.
    Writes:  ReceivedSms.
    """
    _refuse_outside_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_receivedsms (provider_id, received_at) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [provider_id, now],
        )
        return bool(cursor.rowcount == 1)


def note_inbox_read(*, reference: UUID, delivery_id: UUID, now: datetime) -> bool:
    """Mark a message of this reference's inbox as read; False when there is none, or it was read before.

    Writes: Delivery.
    """
    _refuse_outside_transaction()
    unread = Delivery.objects.filter(pk=delivery_id, reference=reference, channel=Channel.APP, read_at__isnull=True)
    return bool(unread.update(read_at=now))
