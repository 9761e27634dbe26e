"""One delivery from claim to settlement."""

import logging
import random
import time
import traceback
from datetime import datetime, timedelta
from typing import Final, assert_never
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from notifications.states import Channel
from notifications.transports import (
    Accepted,
    FaultOfOurs,
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

Answer = Accepted | TemporaryFailure | PermanentFailure

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
        unanswered_limit=settings.DELIVERY_UNANSWERED_LIMIT,
    )
    if claim is None:
        return None
    answer: Answer | None = None
    try:
        answer = _ask_provider(claim, now)
        return _write_down(claim, answer, now=_later(now, began))
    except SoftTimeLimitExceeded:
        # It strikes once, wherever the task is, and leaves time to write down what is known: that the provider said
        # yes, above all.
        return _write_down(claim, answer or TemporaryFailure("too_slow"), now=_later(now, began))


def _later(now: datetime, began: float) -> datetime:
    return now + timedelta(seconds=time.monotonic() - began)


def _ask_provider(claim: Claim, now: datetime) -> Answer:
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
    except SoftTimeLimitExceeded:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, no alert may be lost for a fault of ours
        frame = traceback.extract_tb(fault.__traceback__)[-1]  # its words might hold an address (LOG-2)
        logger.critical("A transport fails: %s in %s, line %s.", type(fault).__name__, frame.name, frame.lineno)
        return FaultOfOurs("transport_fails")


def _write_down(claim: Claim, answer: Answer, *, now: datetime) -> Settlement:
    """Settle, and try again while the database is away: a yes that is not written down becomes a second copy."""
    if not isinstance(answer, Accepted):
        logger.warning("Delivery %s, attempt %d: %s.", claim.delivery_id, claim.attempt, answer.code)
    for pause in PAUSES_SECONDS:
        try:
            return _settle(claim, answer, now)
        except (OperationalError, InterfaceError):
            logger.exception("What became of delivery %s could not be written down yet.", claim.delivery_id)
            time.sleep(pause)
            close_old_connections()
    return _settle(claim, answer, now)


def _settle(claim: Claim, answer: Answer, now: datetime) -> Settlement:
    return settle_delivery(
        claim=claim,
        answer=answer,
        now=now,
        give_up_after=settings.GIVE_UP_AFTER,
        spread=_random.random(),
    )
