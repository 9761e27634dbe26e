"""Telling a citizen, on every channel they have."""

from datetime import datetime
from uuid import UUID

from identities.models import ContactPoint, Identity
from identities.queries import address_of
from identities.states import ContactState
from identities.steps.guard import assert_in_transaction
from notifications.api import Address, Language, Message, enqueue


def alert_addresses(*, identity_id: UUID) -> list[Address]:
    """Give every address that stands now, for an alert that is sent after it was replaced (CHG-5)."""
    points = ContactPoint.objects.filter(identity_id=identity_id, state=ContactState.ACTIVE).order_by("id")
    return [address_of(point) for point in points]


def alert_citizen(*, identity: Identity, message: Message, now: datetime, also: list[Address] | None = None) -> None:
    """Store an alert to every contact point of ``identity``, and to ``also``.

    Rule:   ALR-2, ALR-3, ALR-4.
    Writes: Delivery.
    """
    assert_in_transaction()
    addresses = {address.id: address for address in (also or []) + alert_addresses(identity_id=identity.id)}
    enqueue(
        message=message,
        addresses=list(addresses.values()),
        language=Language(identity.language),
        reference=identity.id,
        now=now,
    )


def alert_identity(*, identity_id: UUID, message: Message, now: datetime) -> None:
    """Store an alert to every contact point of the identity with this id (ALR-2)."""
    alert_citizen(identity=Identity.objects.get(pk=identity_id), message=message, now=now)
