"""Taking a delivery for this process to send."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from hsm.api import SealBroken
from notifications.models import Delivery
from notifications.rules.retry import is_spent, lease_after
from notifications.sealing import Column, open_column
from notifications.states import Channel, DeliveryState, states_before
from notifications.steps import give_up


@dataclass(frozen=True)
class Claim:
    """The right to send one delivery until the lease ends; ``attempt`` tells this claim from later ones."""

    delivery_id: UUID
    attempt: int
    channel: Channel
    useful_until: datetime | None
    to: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)


@transaction.atomic(durable=True)
def claim_delivery(*, delivery_id: UUID, now: datetime, lease_for: timedelta, unanswered_limit: int) -> Claim | None:
    """Give this caller alone the delivery to send, if it is due.

    What it holds is opened here, inside the transaction: with the HSM gone the claim is undone and costs no try.

    Returns: None when it is not due, somebody else has it, or it was given up instead.
    Raises:  HsmUnavailable.
    Locks:   the delivery's row, unless somebody else holds it.
    Writes:  Delivery, AuditEvent.
    """
    delivery = (
        Delivery.objects.select_for_update(skip_locked=True)
        .filter(id=delivery_id, state__in=sorted(states_before(DeliveryState.CLAIMED)), next_attempt_at__lte=now)
        .first()
    )
    if delivery is None:
        return None
    if delivery.useful_until is not None and now >= delivery.useful_until:
        give_up(delivery, failure="no_longer_useful", now=now)
        return None
    unanswered = delivery.unanswered + (delivery.state == DeliveryState.CLAIMED)  # that one's lease ran out
    if is_spent(unanswered=unanswered, limit=unanswered_limit):
        # The last claims of it all ended without an answer: what kills the worker may be this very delivery.
        give_up(delivery, failure="no_answer", now=now)
        return None
    try:
        claim = _claim_of(delivery)
    except SealBroken:
        give_up(delivery, failure="seal_broken", now=now)
        return None
    Delivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.CLAIMED,
        attempts=claim.attempt,
        unanswered=unanswered,
        next_attempt_at=now + lease_after(unanswered=unanswered, lease_for=lease_for),
    )
    return claim


def _claim_of(delivery: Delivery) -> Claim:
    subject = delivery.subject_sealed
    return Claim(
        delivery_id=delivery.id,
        attempt=delivery.attempts + 1,
        channel=Channel(delivery.channel),
        useful_until=delivery.useful_until,
        to=open_column(delivery.address_sealed, column=Column.ADDRESS, delivery_id=delivery.id),
        subject="" if subject is None else open_column(subject, column=Column.SUBJECT, delivery_id=delivery.id),
        body=open_column(delivery.body_sealed, column=Column.BODY, delivery_id=delivery.id),
    )
