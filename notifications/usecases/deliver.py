"""One delivery from claim to settlement."""

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, assert_never
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, ProgrammingError, close_old_connections

from notifications.transports import Accepted, NoAnswer
from notifications.usecases.ask_provider import Answer, Asked, ask_provider, provider_for
from notifications.usecases.claim_delivery import Claim, NotClaimed, claim_delivery
from notifications.usecases.settle_delivery import Settlement, settle_delivery

logger = logging.getLogger(__name__)

PAUSES_SECONDS: Final = (0.2, 1.0, 3.0)  # between tries to write down what the provider said
_random = random.SystemRandom()


def deliver(*, delivery_id: UUID, now: datetime) -> Settlement | None:
    """Send a delivery that is due, with no transaction open while the provider is asked.

    Rule:    ALR-4. A process that dies after the claim loses nothing: the lease ends, and the next one asks the
             provider what became of the message before it sends.
    Returns: None when there was nothing to send.
    Raises:  HsmUnavailable, with nothing changed.
    """
    return _delivered(delivery_id, now, lambda: None)


def deliver_next(*, now: datetime, when_claimed: Callable[[], object]) -> Settlement | None:
    """Send what is due and most urgent: as ``deliver``, whichever it is.

    ``when_claimed`` is called before the provider is asked.
    """
    return _delivered(None, now, when_claimed)


def _delivered(delivery_id: UUID | None, now: datetime, when_claimed: Callable[[], object]) -> Settlement | None:
    began = time.monotonic()
    claim = claim_delivery(
        delivery_id=delivery_id,
        now=now,
        lease_for=settings.DELIVERY_LEASE_FOR,
        unanswered_limit=settings.DELIVERY_UNANSWERED_LIMIT,
        provider_for=partial(provider_for, now=now),
    )
    match claim:
        case None:
            return None
        case NotClaimed.GIVEN_UP:
            return Settlement.GIVEN_UP
        case NotClaimed.PUT_OFF:
            return Settlement.POSTPONED
        case Claim():
            return _sent(claim, now, began, when_claimed)
        case _:
            assert_never(claim)


def _sent(claim: Claim, now: datetime, began: float, when_claimed: Callable[[], object]) -> Settlement:
    asked = Asked(claim)
    try:
        when_claimed()
        ask_provider(asked, now=now)
        return _write_down(asked, now=_later(now, began))
    except SoftTimeLimitExceeded:
        # It strikes once, wherever the task is, and leaves time to write down what is known: that the provider said
        # yes, above all.
        return _write_down(asked, now=_later(now, began))


def _later(now: datetime, began: float) -> datetime:
    return now + timedelta(seconds=time.monotonic() - began)


def _write_down(asked: Asked, *, now: datetime) -> Settlement:
    """Settle, and try again while the database is away: a yes that is not written down has to be looked up."""
    claim, answer = asked.claim, asked.answer or NoAnswer("too_slow")
    if not isinstance(answer, Accepted):
        logger.warning("Delivery %s, attempt %d: %s.", claim.delivery_id, claim.attempt, answer.code)
    for pause in PAUSES_SECONDS:
        try:
            return _settle(asked, answer, now)
        except (OperationalError, InterfaceError, ProgrammingError):  # the last: the server forgot a statement
            logger.exception("What became of delivery %s could not be written down yet.", claim.delivery_id)
            time.sleep(pause)
            close_old_connections()
    return _settle(asked, answer, now)


def _settle(asked: Asked, answer: Answer, now: datetime) -> Settlement:
    return settle_delivery(
        claim=asked.claim,
        answer=answer,
        now=now,
        give_up_after=settings.GIVE_UP_AFTER,
        spread=_random.random(),
        took=asked.took,
        awaits_receipt=asked.awaits_receipt,
    )
