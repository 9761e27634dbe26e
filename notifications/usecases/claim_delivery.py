"""Taking a delivery for this process to send."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from hsm.api import KeyClosed, SealBroken
from notifications.models import Delivery
from notifications.opt_outs import HOLDS_FOR, OPTED_OUT, provider_not_told
from notifications.rules.retry import is_spent, lease_after
from notifications.sealing import Column, open_column
from notifications.statements import Due, lock_due, write_claim
from notifications.states import Channel, DeliveryState, Language, Priority
from notifications.steps import give_up

logger = logging.getLogger(__name__)

CLOSED_FOR: Final = timedelta(seconds=10)  # then a row whose key is not open is looked at again


class NotClaimed(StrEnum):
    """What became of a row that was looked at instead."""

    GIVEN_UP = "given_up"
    PUT_OFF = "put_off"


@dataclass(frozen=True)
class Claim:
    """The right to send one delivery until the lease ends; ``attempt`` tells this claim from later ones.

    ``provider`` is the one to ask. With ``in_doubt_since`` it is the one that was asked before, when nobody could say
    what became of it, and is first asked for that message.
    """

    delivery_id: UUID
    attempt: int
    channel: Channel
    priority: Priority
    language: Language
    provider: str
    in_doubt_since: datetime | None
    created_at: datetime
    useful_until: datetime | None
    copies: int  # that went out in doubt
    to: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)


ProviderFor = Callable[[Channel, str | None], str]
"""Gives the name of the provider to ask on a channel, rather another than the second argument; "" when none can be."""


@transaction.atomic(durable=True)
def claim_delivery(
    *, delivery_id: UUID | None, now: datetime, lease_for: timedelta, unanswered_limit: int, provider_for: ProviderFor
) -> Claim | NotClaimed | None:
    """Give this caller alone the delivery to send, if it is due; without an id the most urgent of those that are.

    The provider is written down before it is asked, so that whoever comes after a crash knows whom to ask what became
    of it. What the row holds is opened here, inside the transaction: with the HSM gone the claim is undone and costs no
    try. A row whose own key alone is not open is put off: as the most urgent it would stand before all others.

    Returns: None when it is not due, or somebody else has it.
    Raises:  HsmUnavailable.
    Locks:   the delivery's row, unless somebody else holds it.
    Writes:  Delivery, AuditEvent.
    """
    delivery = lock_due(delivery_id=delivery_id, now=now, opted_out_since=now - HOLDS_FOR)
    if delivery is None:
        return None
    unanswered = delivery.unanswered + (delivery.state is DeliveryState.CLAIMED)  # that one's lease ran out
    if delivery.useful_until is not None and now >= delivery.useful_until:
        return _given_up(delivery, "no_longer_useful", now)  # before a provider is chosen, who might be on trial
    if is_spent(unanswered=unanswered, limit=unanswered_limit):
        # The last claims of it all ended without an answer: what kills the worker may be this very delivery.
        return _given_up(delivery, "no_answer", now)
    provider = _provider_of(delivery, now, provider_for)
    if provider is None:
        return _given_up(delivery, OPTED_OUT, now)
    try:
        claim = _claim_of(delivery, now, provider)
    except SealBroken:
        return _given_up(delivery, "seal_broken", now)
    except KeyClosed:
        logger.error("The key of delivery %s is not open: it is put off.", delivery.id)  # noqa: TRY400 - it says all
        Delivery.objects.filter(id=delivery.id).update(next_attempt_at=now + CLOSED_FOR)
        return NotClaimed.PUT_OFF
    write_claim(
        delivery_id=delivery.id,
        attempt=claim.attempt,
        unanswered=unanswered,
        provider=claim.provider,
        in_doubt_since=claim.in_doubt_since,
        until=now + lease_after(unanswered=unanswered, lease_for=_lease_for(claim, lease_for)),
    )
    return claim


def _lease_for(claim: Claim, lease_for: timedelta) -> timedelta:
    """Give an e-mail longer: its server may look into it before it answers (RFC 5321 section 4.5.3.2.6)."""
    is_email = claim.channel is Channel.EMAIL
    return lease_for + timedelta(seconds=settings.EMAIL_ANSWER_SECONDS) if is_email else lease_for


def _given_up(delivery: Due, failure: str, now: datetime) -> NotClaimed:
    give_up(Delivery.objects.get(id=delivery.id), failure=failure, now=now)
    return NotClaimed.GIVEN_UP


@transaction.atomic(durable=True)
def begin_anew(*, claim: Claim, provider: str, is_doubled: bool) -> Claim | None:
    """Turn a claim in doubt into one that is sent by ``provider``; ``is_doubled`` when the doubt remains.

    Rule:    ALR-4: what may be a second copy is counted before it goes out.
    Returns: None when the delivery went on without this attempt.
    Writes:  Delivery.
    """
    rows = Delivery.objects.filter(id=claim.delivery_id, state=DeliveryState.CLAIMED, attempts=claim.attempt)
    changed = rows.update(
        in_doubt_since=None, maybe_doubled=F("maybe_doubled") + int(is_doubled), **_pair(claim.provider, provider)
    )
    return replace(claim, provider=provider, in_doubt_since=None) if changed else None


def _pair(former: str, provider: str) -> dict[str, str]:
    """Name the provider, and drop the reference that was another's: reports know an attempt by the two together."""
    return {"provider": provider} if provider == former else {"provider": provider, "provider_reference": ""}


def _provider_of(delivery: Due, now: datetime, provider_for: ProviderFor) -> str | None:
    """Give the provider to ask; None when each was told by the number's owner to stop (ALR-5)."""
    if _in_doubt_since(delivery, now) is not None:
        return delivery.provider
    avoided = (delivery.provider or None) if delivery.failure else None  # another may succeed where this one failed
    return provider_not_told(delivery.channel, told=delivery.told_to_stop, provider_for=provider_for, avoided=avoided)


def _in_doubt_since(delivery: Due, now: datetime) -> datetime | None:
    if delivery.state is DeliveryState.CLAIMED and delivery.provider:
        return delivery.in_doubt_since or now
    return delivery.in_doubt_since


def _claim_of(delivery: Due, now: datetime, provider: str) -> Claim:
    subject = delivery.subject_sealed
    return Claim(
        delivery_id=delivery.id,
        attempt=delivery.attempts + 1,
        channel=delivery.channel,
        priority=delivery.priority,
        language=delivery.language,
        provider=provider,
        in_doubt_since=_in_doubt_since(delivery, now),
        created_at=delivery.created_at,
        useful_until=delivery.useful_until,
        copies=delivery.maybe_doubled,
        to=open_column(delivery.address_sealed, column=Column.ADDRESS, delivery_id=delivery.id),
        subject="" if subject is None else open_column(subject, column=Column.SUBJECT, delivery_id=delivery.id),
        body=open_column(delivery.body_sealed, column=Column.BODY, delivery_id=delivery.id),
    )
