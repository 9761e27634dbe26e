"""Telling a citizen, on every channel they have."""

from datetime import datetime
from typing import Final
from uuid import UUID

from identities.models import App, ContactPoint, Identity
from identities.queries import address_of
from identities.states import AuthenticatorState, ContactState
from identities.steps.guard import assert_in_transaction
from notifications.api import Address, Channel, Language, Message, enqueue

INBOX: Final = "inbox"  # which has no address of its own: the identity's id tells whose it is


def alert_addresses(*, identity_id: UUID) -> list[Address]:
    """Give every address that stands now, for an alert that is sent after it was replaced (CHG-5).

    Rule: ALR-1: an identity with an app that is not blocked has the inbox beside phone and e-mail.
    """
    points = ContactPoint.objects.filter(identity_id=identity_id, state=ContactState.ACTIVE).order_by("id")
    addresses = [address_of(point) for point in points]
    if App.objects.filter(identity_id=identity_id).exclude(state=AuthenticatorState.BLOCKED).exists():
        addresses.append(Address(channel=Channel.APP, value=INBOX, id=identity_id))
    return addresses


def alert_citizen(
    *,
    identity: Identity,
    message: Message,
    now: datetime,
    also: list[Address] | None = None,
    not_by: Channel | None = None,
    source: UUID | None = None,
    useful_until: datetime | None = None,
) -> None:
    """Store an alert to every contact point of ``identity``, and to ``also``; to none of the channel ``not_by``.

    ``source`` and ``useful_until`` are those of ``notifications.api.enqueue``.

    Rule:   ALR-2, ALR-3, ALR-4.
    Writes: Delivery.
    """
    assert_in_transaction()
    addresses = {address.id: address for address in (also or []) + alert_addresses(identity_id=identity.id)}
    chosen = [address for address in addresses.values() if address.channel is not not_by]
    enqueue(
        message=message,
        addresses=chosen,
        language=Language(identity.language),
        reference=identity.id,
        source=source,
        useful_until=useful_until,
        now=now,
    )


def alert_identity(*, identity_id: UUID, message: Message, now: datetime, also: list[Address] | None = None) -> None:
    """Store an alert to every contact point of the identity with this id, and to ``also`` (ALR-2, CHG-5)."""
    alert_citizen(identity=Identity.objects.get(pk=identity_id), message=message, now=now, also=also)
