"""What notifications writes into the log."""

from datetime import datetime
from uuid import UUID

from audit.api import Actor, ActorKind, EventKind, record
from notifications.models import Delivery
from notifications.states import ResendReason


def delivery_given_up(*, delivery: Delivery, replacement: Delivery | None, at: datetime) -> None:
    """Record that a message did not reach one of its addresses (ALR-5)."""
    record(
        kind=EventKind.DELIVERY_GIVEN_UP,
        actor=Actor(kind=ActorKind.SYSTEM),
        subject_id=delivery.reference,
        at=at,
        facts={
            "delivery": delivery.id,
            "contact": delivery.contact_id,
            "channel": delivery.channel,
            "message": delivery.kind,
            "failure": delivery.failure,
            "attempts": delivery.attempts,
            "replacement": None if replacement is None else replacement.id,
        },
    )


def delivery_resent(
    *, delivery: Delivery, replacement: Delivery, reason: ResendReason, actor: Actor, at: datetime
) -> None:
    """Record that an operator had a message sent again that was given up, and why."""
    record(
        kind=EventKind.DELIVERY_RESENT,
        actor=actor,
        subject_id=delivery.reference,
        at=at,
        facts={
            "delivery": delivery.id,
            "contact": delivery.contact_id,
            "channel": delivery.channel,
            "message": delivery.kind,
            "replacement": replacement.id,
            "reason": reason.value,
        },
    )


def resend_refused(
    *, delivery_id: UUID, reference: UUID | None, reason: ResendReason, refusal: str, actor: Actor, at: datetime
) -> None:
    """Record that a message was not sent again; ``reference`` is None when there is no such message."""
    record(
        kind=EventKind.DELIVERY_RESEND_REFUSED,
        actor=actor,
        subject_id=reference,
        at=at,
        facts={"delivery": delivery_id, "reason": reason.value, "refusal": refusal},
    )
