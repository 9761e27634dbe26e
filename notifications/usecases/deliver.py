"""One delivery from claim to settlement."""

import logging
import random
import time
from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from notifications.states import Channel
from notifications.transports import (
    Accepted,
    OutgoingEmail,
    OutgoingSms,
    PermanentFailure,
    TemporaryFailure,
    email_transport,
    sms_transport,
)
from notifications.usecases.claim_delivery import Claim, claim_delivery
from notifications.usecases.settle_delivery import Settlement, settle_delivery

logger = logging.getLogger(__name__)

PAUSES_SECONDS: Final = (0.2, 1.0, 3.0)  # between tries to write down what the provider said
_random = random.SystemRandom()


def deliver(*, delivery_id: UUID, now: datetime) -> Settlement | None:
    """Send a delivery that is due, with no transaction open while the provider is asked.

    Rule:    ALR-4. A process that dies after the claim loses nothing: the lease ends and the next one sends.
    Returns: None when there was nothing to send.
    Raises:  HsmUnavailable, with nothing changed.
    """
    began = time.monotonic()
    claim = claim_delivery(
        delivery_id=delivery_id,
        now=now,
        lease_for=settings.DELIVERY_LEASE_FOR,
        attempts_limit=settings.DELIVERY_ATTEMPTS,
    )
    if claim is None:
        return None
    answer = _ask_provider(claim, now)
    if not isinstance(answer, Accepted):
        logger.warning("Delivery %s, attempt %d: %s.", claim.delivery_id, claim.attempt, answer.code)
    return _write_down(claim, answer, now=now + timedelta(seconds=time.monotonic() - began))


def _ask_provider(claim: Claim, now: datetime) -> Accepted | TemporaryFailure | PermanentFailure:
    try:
        match claim.channel:
            case Channel.SMS:
                return sms_transport().send(
                    OutgoingSms(
                        delivery_id=claim.delivery_id,
                        to=claim.to,
                        text=claim.body,
                        at=now,
                        useful_until=claim.useful_until,
                    )
                )
            case Channel.EMAIL:
                return email_transport().send(
                    OutgoingEmail(
                        delivery_id=claim.delivery_id,
                        to=claim.to,
                        subject=claim.subject,
                        text=claim.body,
                        at=now,
                    )
                )
            case Channel.APP:
                return PermanentFailure("no_app_inbox")
            case _:
                assert_never(claim.channel)
    except (TemporaryFailure, PermanentFailure) as failure:
        return failure


def _write_down(claim: Claim, answer: Accepted | TemporaryFailure | PermanentFailure, *, now: datetime) -> Settlement:
    """Settle, and try again while the database is away: a yes that is not written down becomes a second copy."""
    for pause in PAUSES_SECONDS:
        try:
            return _settle(claim, answer, now)
        except (OperationalError, InterfaceError):
            logger.exception("What became of delivery %s could not be written down yet.", claim.delivery_id)
            time.sleep(pause)
            close_old_connections()
    return _settle(claim, answer, now)


def _settle(claim: Claim, answer: Accepted | TemporaryFailure | PermanentFailure, now: datetime) -> Settlement:
    return settle_delivery(
        claim=claim,
        answer=answer,
        now=now,
        attempts_limit=settings.DELIVERY_ATTEMPTS,
        spread=_random.random(),
    )
