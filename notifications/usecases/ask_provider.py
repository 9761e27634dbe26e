"""Asking a provider for one claimed delivery: what became of an earlier try, and to send."""

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar, assert_never

from billiard.exceptions import SoftTimeLimitExceeded

from notifications.queries import is_reference_taken
from notifications.rules.retry import COPIES_SOON, patience_in_doubt
from notifications.states import Channel
from notifications.transports import (
    Accepted,
    BrokenTransport,
    FaultOfOurs,
    NoAnswer,
    OutgoingEmail,
    OutgoingSms,
    PermanentFailure,
    SmsTransport,
    TemporaryFailure,
    email_transport,
    sms_transport_named,
)
from notifications.transports.choice import chosen_sms
from notifications.usecases.claim_delivery import Claim, begin_anew

logger = logging.getLogger(__name__)

Answer = Accepted | TemporaryFailure | PermanentFailure
NOBODY_TO_ASK: Final = NoAnswer("nobody_to_ask")  # waiting would tell nothing
Found = TypeVar("Found", bound=Accepted | None)


@dataclass
class Asked:
    """What is known of asking; filled while it happens, so that a time limit that strikes finds all of it."""

    claim: Claim
    answer: Answer | None = None
    took: timedelta | None = None  # from asking to send to the answer
    awaits_receipt: bool = False


def provider_for(channel: Channel, avoided: str | None, *, now: datetime) -> str:
    """Give the name of the provider to ask, or "" when the settings name none that can be loaded."""
    try:
        match channel:
            case Channel.SMS:
                return chosen_sms(now=now, not_by=avoided).name
            case Channel.EMAIL:
                return email_transport().name
            case Channel.APP:
                return ""
            case _:
                assert_never(channel)
    except ImportError as fault:
        logger.critical("A transport cannot be loaded: %s.", type(fault).__name__)
        return ""


def ask_provider(asked: Asked, *, now: datetime) -> None:
    """Fill ``asked`` with the provider's answer, sending nothing that may have been sent already.

    Rule:   ALR-4: what an earlier try left in doubt is looked up before it is sent again.
    Writes: Delivery, where there was a doubt.
    """
    if asked.claim.in_doubt_since is None or _is_to_be_sent(asked, asked.claim.in_doubt_since, now):
        began = time.monotonic()
        try:
            asked.answer = _answer_of(lambda: _sent(asked, now))
        finally:
            asked.took = timedelta(seconds=time.monotonic() - began)


def _is_to_be_sent(asked: Asked, in_doubt_since: datetime, now: datetime) -> bool:
    """Ask what became of the try before; unless the message is to be sent now, ``asked`` has the answer."""
    found = _looked_up(asked, now)
    if isinstance(found, Accepted):
        asked.answer = found
        return False
    is_doubtful = found is not None
    if is_doubtful:
        waits = _still_waits(asked.claim, in_doubt_since, now, can_be_told=found is not NOBODY_TO_ASK)
        if waits is not None:
            asked.answer = waits
            return False
    provider = provider_for(asked.claim.channel, asked.claim.provider if is_doubtful else None, now=now)
    claim = begin_anew(claim=asked.claim, provider=provider, is_doubled=is_doubtful)
    if claim is None:
        asked.answer = NoAnswer("lease_lost")
        return False
    asked.claim = claim
    return True


def _still_waits(claim: Claim, in_doubt_since: datetime, now: datetime, *, can_be_told: bool) -> NoAnswer | None:
    """Give the answer that puts a message in doubt off, or None when its copy is to go out now."""
    patience = patience_in_doubt(priority=claim.priority, copies=claim.copies, can_be_told=can_be_told)
    left = in_doubt_since + patience - now
    if left > timedelta():
        return NoAnswer("in_doubt", wait_for=timedelta() if can_be_told else left)
    if claim.copies >= COPIES_SOON:
        logger.critical(
            "Delivery %s went out %d times, and nobody says what became of it.", claim.delivery_id, claim.copies + 1
        )
    return None


def _looked_up(asked: Asked, now: datetime) -> Answer | None:
    """Give the yes of the try before, None when there was none, or a failure when nobody can tell."""
    claim = asked.claim
    transport = sms_transport_named(claim.provider) if claim.channel is Channel.SMS else None
    if transport is None:
        # A mail server can be asked nothing; a copy has the Message-ID of the first, by which mail programs know it.
        return NOBODY_TO_ASK
    asked.awaits_receipt = transport.gives_receipts
    found = _answer_of(lambda: _found(transport, claim, now))
    if isinstance(found, TemporaryFailure | PermanentFailure):
        logger.warning("Delivery %s: nobody can say yet whether it was sent: %s.", claim.delivery_id, found.code)
        return NoAnswer(found.code)
    return found


def _found(transport: SmsTransport, claim: Claim, now: datetime) -> Accepted | None:
    def is_taken(reference: str) -> bool:
        return is_reference_taken(provider=claim.provider, reference=reference, but_by=claim.delivery_id)

    return transport.find(_outgoing_sms(claim, now), since=claim.created_at, is_taken=is_taken)


def _sent(asked: Asked, now: datetime) -> Accepted:
    claim = asked.claim
    if not claim.provider:
        raise FaultOfOurs("transport_fails")
    match claim.channel:
        case Channel.SMS:
            transport = sms_transport_named(claim.provider)
            if transport is None:
                raise FaultOfOurs("no_such_provider")
            asked.awaits_receipt = transport.gives_receipts
            return transport.send(_outgoing_sms(claim, now))
        case Channel.EMAIL:
            mail = email_transport()
            asked.awaits_receipt = mail.gives_receipts
            return mail.send(_outgoing_email(claim, now))
        case Channel.APP:
            raise PermanentFailure("no_app_inbox")
        case _:
            assert_never(claim.channel)


def _outgoing_sms(claim: Claim, now: datetime) -> OutgoingSms:
    return OutgoingSms(
        delivery_id=claim.delivery_id,
        to=claim.to,
        text=claim.body,
        at=now,
        attempt=claim.attempt,
        useful_until=claim.useful_until,
    )


def _outgoing_email(claim: Claim, now: datetime) -> OutgoingEmail:
    return OutgoingEmail(
        delivery_id=claim.delivery_id,
        to=claim.to,
        subject=claim.subject,
        text=claim.body,
        at=now,
        attempt=claim.attempt,
        language=claim.language,
    )


def _answer_of(ask: Callable[[], Found]) -> Found | TemporaryFailure | PermanentFailure:
    try:
        return ask()
    except (TemporaryFailure, PermanentFailure) as failure:
        return failure
    except SoftTimeLimitExceeded:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, no alert may be lost for a fault of ours
        frame = traceback.extract_tb(fault.__traceback__)[-1]  # its words might hold an address (LOG-2)
        logger.critical("A transport fails: %s in %s, line %s.", type(fault).__name__, frame.name, frame.lineno)
        return BrokenTransport("transport_fails")
