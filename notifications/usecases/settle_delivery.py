"""Writing down what the provider said."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import assert_never

from django.db import IntegrityError, transaction

from notifications.models import Delivery
from notifications.queries import is_reference_taken
from notifications.rules.health import is_slow
from notifications.rules.retry import is_too_old, wait_after
from notifications.states import DeliveryState, states_before
from notifications.steps import Counts, count_for_provider, give_up, note_yes, note_yes_to_claim
from notifications.transports import Accepted, FaultOfOurs, NoAnswer, PermanentFailure, RefusedHere, TemporaryFailure
from notifications.usecases.claim_delivery import Claim


class Settlement(StrEnum):
    """What became of an attempt."""

    SENT = "SENT"
    POSTPONED = "POSTPONED"
    GIVEN_UP = "GIVEN_UP"
    TOO_LATE = "TOO_LATE"  # the lease had run out and the delivery went on without this attempt


def settle_delivery(
    *,
    claim: Claim,
    answer: Accepted | TemporaryFailure | PermanentFailure,
    now: datetime,
    give_up_after: timedelta,
    spread: float,
    took: timedelta | None = None,
    awaits_receipt: bool = False,
) -> Settlement:
    """Move a claimed delivery on by the provider's answer, and count it; ``took`` is None when nobody was asked.

    A yes counts from any attempt while the delivery is open, even one whose lease ran out: the person has the
    message, and each further try would be a second copy. A no counts only from the attempt that holds the claim.
    A no for now ends a delivery only when its address has failed for ``give_up_after``, and one that is ours to
    repair never does.

    Rule:   ALR-4, ALR-5.
    Locks:  the delivery's row, then the held rows of its message, then the provider's minute.
    Writes: Delivery, AuditEvent, ProviderMinute.
    """
    settle = partial(
        _settle,
        claim=claim,
        now=now,
        give_up_after=give_up_after,
        spread=spread,
        took=took,
        awaits_receipt=awaits_receipt,
    )
    try:
        return settle(answer=answer)
    except IntegrityError:
        if not isinstance(answer, Accepted) or not _is_taken(claim, answer):
            raise
        if took is None:  # looked up, at the same moment as another of the same words: it was that one's
            return settle(answer=NoAnswer("found_for_another"))
        # A provider that gives one reference to two messages must not have us send the second again and again.
        return settle(
            answer=replace(answer, provider_reference=f"{answer.provider_reference[:200]} {claim.delivery_id}")
        )


def _is_taken(claim: Claim, answer: Accepted) -> bool:
    reference = answer.provider_reference[:255]
    return is_reference_taken(provider=claim.provider, reference=reference, but_by=claim.delivery_id)


@transaction.atomic(durable=True)
def _settle(
    *,
    claim: Claim,
    answer: Accepted | TemporaryFailure | PermanentFailure,
    now: datetime,
    give_up_after: timedelta,
    spread: float,
    took: timedelta | None,
    awaits_receipt: bool,
) -> Settlement:
    was_asked_after = took if claim.provider else None
    if was_asked_after is not None and awaits_receipt and _is_noted(claim, answer, was_asked_after, now):
        return Settlement.SENT
    delivery = Delivery.objects.select_for_update().get(id=claim.delivery_id)
    settlement = _moved(
        delivery, claim, answer, now, give_up_after=give_up_after, spread=spread, awaits_receipt=awaits_receipt
    )
    if was_asked_after is not None:
        counts = _counts(answer, was_asked_after, is_new=settlement is Settlement.SENT)
        count_for_provider(provider=claim.provider, channel=claim.channel, counts=counts, at=now)
    return settlement


def _is_noted(
    claim: Claim, answer: Accepted | TemporaryFailure | PermanentFailure, took: timedelta, now: datetime
) -> bool:
    """Note a yes by one statement, as nearly every answer can be; False for a no, and when the claim is gone."""
    return isinstance(answer, Accepted) and note_yes_to_claim(
        delivery_id=claim.delivery_id,
        attempt=claim.attempt,
        provider=claim.provider,
        channel=claim.channel,
        accepted=answer,
        counts=_counts(answer, took, is_new=True),
        now=now,
    )


def _moved(
    delivery: Delivery,
    claim: Claim,
    answer: Accepted | TemporaryFailure | PermanentFailure,
    now: datetime,
    *,
    give_up_after: timedelta,
    spread: float,
    awaits_receipt: bool,
) -> Settlement:
    if isinstance(answer, Accepted):
        return _settle_yes(delivery, claim, answer, now, awaits_receipt=awaits_receipt)
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


def _settle_yes(
    delivery: Delivery, claim: Claim, answer: Accepted, now: datetime, *, awaits_receipt: bool
) -> Settlement:
    if delivery.state not in states_before(DeliveryState.SENT) or _is_reported(delivery, claim, answer):
        return Settlement.TOO_LATE
    note_yes(delivery, provider=claim.provider, accepted=answer, awaits_receipt=awaits_receipt, now=now)
    return Settlement.SENT


def _is_reported(delivery: Delivery, claim: Claim, answer: Accepted) -> bool:
    """Tell whether the report that this very message failed overtook its yes."""
    return (delivery.state, delivery.attempts, delivery.provider, delivery.provider_reference) == (
        DeliveryState.QUEUED,
        claim.attempt,
        claim.provider,
        answer.provider_reference[:255],
    )


def _settle_not_now(
    delivery: Delivery, answer: TemporaryFailure, now: datetime, *, give_up_after: timedelta, spread: float
) -> Settlement:
    failing_since = None if isinstance(answer, FaultOfOurs) else delivery.failing_since or now
    if failing_since and is_too_old(failing_since=failing_since, now=now, give_up_after=give_up_after):
        give_up(delivery, failure=answer.code, now=now)
        return Settlement.GIVEN_UP
    Delivery.objects.filter(id=delivery.id).update(
        state=DeliveryState.QUEUED,
        next_attempt_at=now + max(wait_after(attempts=delivery.attempts, spread=spread), answer.wait_for),
        unanswered=0,
        in_doubt_since=delivery.in_doubt_since or now if answer.leaves_doubt and delivery.provider else None,
        failing_since=failing_since,
        failure=answer.code,
    )
    return Settlement.POSTPONED


def _counts(answer: Accepted | TemporaryFailure | PermanentFailure, took: timedelta, *, is_new: bool) -> Counts:
    counts = Counts(slow=int(is_slow(took)), took_ms_sum=int(took / timedelta(milliseconds=1)))
    match answer:
        case Accepted():
            segments, cost_micro = (answer.segments or 0, answer.cost_micro or 0) if is_new else (0, 0)
            return replace(counts, answered_yes=1, segments=segments, cost_micro=cost_micro)
        case PermanentFailure() | RefusedHere():  # of one number: the provider is well
            return replace(counts, answered_no=1)
        case TemporaryFailure():
            return replace(counts, failed=1)
        case _:
            assert_never(answer)
