"""Text messages through Twilio's own client."""

import contextlib
import functools
import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications.rules.senders import sender_for
from notifications.transports import (
    Accepted,
    FaultOfOurs,
    NoAnswer,
    OutgoingSms,
    PermanentFailure,
    ProviderReport,
    RefusedHere,
    TemporaryFailure,
    has_other_sms_provider,
)
from notifications.transports.bounded_http import BUSY, NotAsked, Unanswered, ask, new_session, pause_asked_for
from notifications.transports.twilio_codes import FAILED, Remedy, meaning_of, report_status

logger = logging.getLogger(__name__)

TWILIO: Final = "twilio"
SHORTEST_VALIDITY: Final = timedelta(seconds=1)
LONGEST_VALIDITY: Final = timedelta(hours=4)
MICRO: Final = 1_000_000
PAGE: Final = 50  # messages a page when one is looked up
LONGEST_PAGE: Final = 1000  # the longest that Twilio gives
AT_MOST: Final = 200  # messages since then to one number looked at before we say that we cannot tell
CLOCKS_DIFFER: Final = timedelta(minutes=1)  # Twilio's and ours
LEAST_STATUS_OF_A_FAULT: Final = 500
NOT_FOUND: Final = 404
TOO_MANY_REQUESTS: Final = 20429

# The client logs addresses of its calls; with the account in them they are nobody's business.
_silent = logging.getLogger("notifications.transports.twilio_sms.client")
_silent.setLevel(logging.CRITICAL)


class TwilioSms:
    """Sends from a number, a name or a Messaging Service: ``TWILIO_SENDERS`` by country, or else ``TWILIO_FROM``."""

    name = TWILIO
    gives_receipts = True

    def send(self, message: OutgoingSms) -> Accepted:
        """Return when Twilio has queued the message.

        Twilio takes no idempotency key; what it tells later comes to an address that holds the delivery's id.

        Raises: PermanentFailure for a number that cannot be reached; FaultOfOurs when Twilio does not take us;
                NoAnswer when nobody can say whether it was taken; TemporaryFailure for everything else.
        """
        sender = sender_for(message.to, senders=settings.TWILIO_SENDERS, otherwise=settings.TWILIO_FROM)
        if not sender:
            logger.critical("Twilio is not set up: no text message goes out.")
            raise FaultOfOurs("twilio_not_set_up")
        arguments: dict[str, object] = {
            "to": message.to,
            "body": message.text,
            "messaging_service_sid" if sender.startswith("MG") else "from_": sender,
        }
        callback = _callback_address(message)
        if callback is not None:
            arguments["status_callback"] = callback
        if message.useful_until is not None:
            left = min(max(message.useful_until - message.at, SHORTEST_VALIDITY), LONGEST_VALIDITY)
            arguments["validity_period"] = int(left.total_seconds())
        with _faults_as_ours():
            return _accepted(_client().messages.create(**arguments))

    def find(self, message: OutgoingSms, *, since: datetime, is_taken: Callable[[str], bool]) -> Accepted | None:
        """Look a message up by number and words among those made since.

        Not by ``DateSent``: a message that Twilio has queued and not yet sent has none. Twilio lists the newest first,
        but for a few that came at once: a whole page of older ones is the end.

        Raises: TemporaryFailure when it cannot be told, also for a number with too many messages to look through, or
                when the pages come so slowly that the lease would end.
        """
        earliest, end = since - CLOCKS_DIFFER, time.monotonic() + settings.SEND_TIMEOUT_SECONDS
        young, older_in_a_row = 0, 0
        with _faults_as_ours():
            for found in _client().messages.stream(to=message.to, page_size=PAGE):
                is_older = found.date_created is not None and found.date_created < earliest
                young, older_in_a_row = (young, older_in_a_row + 1) if is_older else (young + 1, 0)
                is_young = found.date_created is not None and not is_older
                if is_young and _is_of(found, message) and not is_taken(found.sid):
                    return _accepted(found)
                if older_in_a_row == PAGE:
                    return None
                if young == AT_MOST:
                    raise TemporaryFailure("twilio_too_many_to_look_through")
                if (young + older_in_a_row) % PAGE == 0 and time.monotonic() > end:
                    raise TemporaryFailure("twilio_too_slow_to_look_through")
        return None

    def report_of(self, provider_reference: str) -> ProviderReport | None:
        """Ask what became of a message; None when Twilio does not know it.

        Raises: TemporaryFailure.
        """
        try:
            with _faults_as_ours(is_a_missing_one_ours=False):
                return _report(_client().messages(provider_reference).fetch())
        except _Missing:
            return None

    def reports_between(self, start: datetime, end: datetime) -> Iterator[tuple[str, ProviderReport]]:
        """List what became of the messages sent between, the newest first, by their references.

        Raises: TemporaryFailure, also when some were listed already.
        """
        with _faults_as_ours():
            found = _client().messages.stream(date_sent_after=start, date_sent_before=end, page_size=LONGEST_PAGE)
            for message in found:
                report = _report(message) if str(message.direction).startswith("outbound") else None
                if report is not None:
                    yield message.sid, report


def report_from(
    *, status: str, code: int | None, segments: int | None = None, cost_micro: int | None = None, currency: str = ""
) -> ProviderReport | None:
    """Give a status of Twilio's as every provider's; None for one that is of no message of ours."""
    is_alarm = code is not None and meaning_of(code).is_alarm
    found = report_status(status, code=code, has_other_provider=has_other_sms_provider())
    if found is None:
        return None
    if is_alarm:
        logger.critical("Twilio reports error %s: somebody has to repair our account or sender there.", code)
    return ProviderReport(
        status=found,
        code=f"twilio_{code}" if code is not None else f"twilio_{status}",
        segments=segments,
        cost_micro=cost_micro,
        currency=currency if cost_micro is not None else "",
    )


def _is_of(found: Any, message: OutgoingSms) -> bool:
    """Tell whether a message that Twilio lists has these words and did not fail."""
    is_outbound = str(found.direction).startswith("outbound")
    return is_outbound and found.body == message.text and str(found.status) not in FAILED


class _Missing(Exception):  # noqa: N818 - what Twilio said
    """Twilio does not know the message."""


@contextlib.contextmanager
def _faults_as_ours(*, is_a_missing_one_ours: bool = True) -> Iterator[None]:
    """Turn whatever the client raises into one of the answers that the outbox knows."""
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as refused:
        if refused.status == NOT_FOUND and not is_a_missing_one_ours:
            raise _Missing from None
        raise _failure(status=refused.status, code=refused.code) from None
    except NotAsked:
        raise TemporaryFailure("twilio_unreachable") from None
    except Unanswered as fault:
        raise NoAnswer(f"twilio_{fault.reason}") from None
    except (TwilioException, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        # A yes that cannot be read: half a reply, or something that is not Twilio answered.
        raise NoAnswer("twilio_bad_reply") from None


def _failure(*, status: int, code: int | None) -> TemporaryFailure | PermanentFailure:
    """Give the answer for a refusal.

    Rule:  ALR-5. What Twilio does not serve and nobody else is there to serve is lost to this address, so that
           another address is used at once; that it is ours to repair, it shouts all the same.
    """
    name = f"twilio_{code}" if isinstance(code, int) else f"twilio_http_{status}"
    meaning = meaning_of(code if isinstance(code, int) else None, http_status=status)
    if meaning.is_alarm:
        logger.critical("Twilio refuses us with error %s: text messages do not go out.", name)
    match meaning.remedy:
        case Remedy.NEXT_ADDRESS | Remedy.FALLBACK:
            return PermanentFailure(name)
        case Remedy.OTHER_PROVIDER if not has_other_sms_provider():
            return PermanentFailure(name)
        case Remedy.REPAIR:
            return FaultOfOurs(name)
        case Remedy.OTHER_PROVIDER:
            return RefusedHere(name)
        case Remedy.RETRY:
            # A fault within Twilio may have come before the message was taken, or after.
            return NoAnswer(name) if status >= LEAST_STATUS_OF_A_FAULT else TemporaryFailure(name)


def _accepted(message: Any) -> Accepted:
    """Read Twilio's yes.

    Raises: ValueError when it names no message.
    """
    if not isinstance(message.sid, str) or not message.sid:
        raise ValueError
    cost_micro = _micro(message.price)
    return Accepted(
        message.sid,
        segments=_segments(message.num_segments),
        cost_micro=cost_micro,
        currency=_currency(message.price_unit) if cost_micro is not None else "",
    )


def _report(message: Any) -> ProviderReport | None:
    return report_from(
        status=str(message.status),
        code=message.error_code if isinstance(message.error_code, int) else None,
        segments=_segments(message.num_segments),
        cost_micro=_micro(message.price),
        currency=_currency(message.price_unit),
    )


def _segments(text: object) -> int | None:
    """Read how many parts there were; ``0`` is what Twilio says while it does not know."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and 0 < int(text) < 100 else None


def _micro(price: object) -> int | None:
    """Read a price, which Twilio gives as a decimal below zero and only some time after sending."""
    if not isinstance(price, str):
        return None
    try:
        amount = abs(Decimal(price))
    except InvalidOperation:
        return None
    return int(amount * MICRO) if amount.is_finite() and amount < MICRO else None


def _currency(unit: object) -> str:
    return unit.upper() if isinstance(unit, str) and len(unit) == 3 and unit.isascii() and unit.isalpha() else ""


def _callback_address(message: OutgoingSms) -> str | None:
    """Give the address for Twilio's reports; none on somebody's desk, which only a stand-in for Twilio can reach."""
    address = settings.PUBLIC_ADDRESS.rstrip("/")
    if not (address.startswith("https://") or settings.TWILIO_BASE_URL):
        return None
    return f"{address}{reverse('notifications:twilio-status', args=[message.delivery_id])}"


class _BoundedClient(HttpClient):  # type: ignore[misc]  # the client has no types
    """What Twilio's client asks through: each call ends in time, and nothing of it is logged."""

    def __init__(self, seconds: float) -> None:
        super().__init__(logger=_silent, is_async=False, timeout=seconds)
        self.seconds = seconds
        self.session = new_session()

    def request(self, method: str, uri: str, **asked: Any) -> Response:
        """Ask once; Twilio's interface redirects nobody, so a redirect is an answer like another."""
        seconds = asked.pop("timeout", None) or self.seconds
        asked.pop("allow_redirects", None)
        reply = ask(self.session, method, uri, seconds=seconds, **asked)
        if reply.status == BUSY and _code_in(reply.body) == TOO_MANY_REQUESTS:
            # Here, for the client's own exceptions know no headers. Other limits have codes and remedies of their own.
            pause = pause_asked_for(reply, has_other_provider=has_other_sms_provider())
            raise TemporaryFailure(f"twilio_{TOO_MANY_REQUESTS}", wait_for=pause)
        return Response(reply.status, reply.body.decode("utf-8", errors="replace"), reply.headers)


def _code_in(body: bytes) -> object:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told.get("code") if isinstance(told, dict) else None


def _client() -> Client:
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
        logger.critical("Twilio is not set up: no text message goes out.")
        raise FaultOfOurs("twilio_not_set_up")
    return _client_for(
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        settings.TWILIO_BASE_URL,
        settings.SEND_TIMEOUT_SECONDS,
    )


@functools.lru_cache(maxsize=4)
def _client_for(account_sid: str, auth_token: str, base_url: str, timeout_seconds: float) -> Client:
    """Keep one client a process: it keeps its connections open."""
    client = Client(account_sid, auth_token, http_client=_BoundedClient(timeout_seconds), environment={"": ""})
    if base_url:
        client.api.base_url = base_url
    return client
