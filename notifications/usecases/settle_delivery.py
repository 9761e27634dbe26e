"""Writing down what the provider said."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from django.db import transaction

from notifications.models import Delivery
from notifications.rules.retry import is_too_old, wait_after
from notifications.states import DeliveryState, states_before
from notifications.steps import give_up, release_held
from notifications.transports import Accepted, FaultOfOurs, PermanentFailure, TemporaryFailure
from notifications.usecases.claim_delivery import Claim


class Settlement(StrEnum):
    """What became of an attempt."""

    SENT = "SENT"
    POSTPONED = "POSTPONED"
    GIVEN_UP = "GIVEN_UP"
    TOO_LATE = "TOO_LATE"  # the lease had run out and the delivery went on without this attempt


@transaction.atomic(durable=True)
def settle_delivery(
    *,
    claim: Claim,
    answer: Accepted | TemporaryFailure | PermanentFailure,
    now: datetime,
    give_up_after: timedelta,
    spread: float,
) -> Settlement:
    """Move a claimed delivery on by the provider's answer.

    A yes counts from any attempt while the delivery is open, even one whose lease ran out: the person has the
    message, and each further try would be a second copy. A no counts only from the attempt that holds the claim.
    A no for now ends a delivery only when its address has failed for ``give_up_after``, and one that is ours to
    repair never does.

    Rule:   ALR-4, ALR-5.
    Locks:  the delivery's row, then the held rows of its message.
    Writes: Delivery, AuditEvent.
    """
    delivery = Delivery.objects.select_for_update().get(id=claim.delivery_id)
    if isinstance(answer, Accepted):
        return _settle_yes(delivery, answer, now)
    if delivery.state != DeliveryState.CLAIMED or delivery.attempts != claim.attempt:
        return Settlement.TOO_LATE
    match answer:
        case PermanentFailure():
            give_up(delivery, failure=answer.code, now=now)
            return Settlement.GIVEN_UP
        case TemporaryFailure():
            return _settle_not_now(delivery, answer, now, give_up_after=give_up_after, spread=spread)
        case _:
            assert_never(answer)


def _settle_yes(delivery: Delivery, answer: Accepted, now: datetime) -> Settlement:
    if delivery.state not in states_before(DeliveryState.SENT):
        return Settlement.TOO_LATE
    Delivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.SENT,
        sent_at=now,
        next_attempt_at=None,
        provider_reference=answer.provider_reference[:255],
    )
    release_held(delivery)
    return Settlement.SENT


def _settle_not_now(
    delivery: Delivery, answer: TemporaryFailure, now: datetime, *, give_up_after: timedelta, spread: float
) -> Settlement:
    failing_since = None if isinstance(answer, FaultOfOurs) else delivery.failing_since or now
    if failing_since and is_too_old(failing_since=failing_since, now=now, give_up_after=give_up_after):
        give_up(delivery, failure=answer.code, now=now)
        return Settlement.GIVEN_UP
    Delivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.QUEUED,
        next_attempt_at=now + wait_after(attempts=delivery.attempts, spread=spread),
        unanswered=0,
        failing_since=failing_since,
        failure=answer.code,
    )
    return Settlement.POSTPONED
