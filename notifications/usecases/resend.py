"""Sending again what was given up, because a person says so."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor
from hsm.api import SealBroken
from notifications import events
from notifications.models import Delivery
from notifications.sealing import Column, index_address, open_column, seal_column
from notifications.states import DeliveryState, ResendReason
from notifications.wake import wake

COPIED: Final = (
    "message_id",
    "kind",
    "channel",
    "priority",
    "language",
    "contact_id",
    "reference",
    "source",
    "useful_until",
)


class ResendRefusal(StrEnum):
    """Why a message is not sent again."""

    UNKNOWN = "unknown"
    NOT_GIVEN_UP = "not_given_up"
    REPLACED = "replaced"  # another address, or an operator before, took it over
    NO_LONGER_USEFUL = "no_longer_useful"  # a code that is dead
    SEAL_BROKEN = "seal_broken"
    WORDS_DROPPED = "words_dropped"  # it ended so long ago that nobody can read any more what it said


@dataclass(frozen=True)
class Resent:
    """The message waits to be sent again, as the delivery ``delivery_id``."""

    delivery_id: UUID


@transaction.atomic(durable=True)
def resend(*, delivery_id: UUID, reason: ResendReason, actor: Actor, now: datetime) -> Resent | ResendRefusal:
    """Store a message that was given up once more, to the same address and in the same words.

    Rule:   ALR-4, ALR-5. The new delivery has patience of its own; the old one stays as it ended.
    Raises: HsmUnavailable.
    Locks:  the delivery's row.
    Writes: Delivery, AuditEvent.
    """
    delivery = Delivery.objects.select_for_update().filter(id=delivery_id).first()
    refused = _refusal(delivery, now)
    if delivery is not None and refused is None:
        try:
            copy = _copy_of(delivery, now)
        except SealBroken:
            refused = ResendRefusal.SEAL_BROKEN
        else:
            copy.save(force_insert=True)
            events.delivery_resent(delivery=delivery, replacement=copy, reason=reason, actor=actor, at=now)
            transaction.on_commit(wake, robust=True)
            return Resent(copy.id)
    refused = refused or ResendRefusal.UNKNOWN
    events.resend_refused(
        delivery_id=delivery_id,
        reference=None if delivery is None else delivery.reference,
        reason=reason,
        refusal=refused.value,
        actor=actor,
        at=now,
    )
    return refused


def _refusal(delivery: Delivery | None, now: datetime) -> ResendRefusal | None:
    if delivery is None:
        return ResendRefusal.UNKNOWN
    if delivery.state != DeliveryState.GIVEN_UP:
        return ResendRefusal.NOT_GIVEN_UP
    if Delivery.objects.filter(replaces=delivery).exists():
        return ResendRefusal.REPLACED
    if delivery.useful_until is not None and now >= delivery.useful_until:
        return ResendRefusal.NO_LONGER_USEFUL
    if delivery.words_dropped_at is not None:
        return ResendRefusal.WORDS_DROPPED
    return None


def _copy_of(delivery: Delivery, now: datetime) -> Delivery:
    """Make the copy; what is sealed is bound to its row and so is sealed anew."""
    copy_id = uuid7()

    def sealed(value: bytes | memoryview, column: Column) -> bytes:
        return seal_column(
            open_column(value, column=column, delivery_id=delivery.id), column=column, delivery_id=copy_id
        )

    subject = delivery.subject_sealed
    return Delivery(
        id=copy_id,
        address_sealed=sealed(delivery.address_sealed, Column.ADDRESS),
        address_index=index_address(
            open_column(delivery.address_sealed, column=Column.ADDRESS, delivery_id=delivery.id)
        ),
        subject_sealed=None if subject is None else sealed(subject, Column.SUBJECT),
        body_sealed=sealed(delivery.body_sealed, Column.BODY),
        state=DeliveryState.QUEUED,
        created_at=now,
        next_attempt_at=now,
        replaces=delivery,
        **{name: getattr(delivery, name) for name in COPIED},
    )
