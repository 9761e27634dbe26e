"""What notifications writes into the log."""

from datetime import datetime

from audit.api import Actor, ActorKind, EventKind, record
from notifications.models import Delivery


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
