"""Text messages through a second provider, over plain HTTP: docs/http-sms.md says what it must do."""

import functools
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import requests
from django.conf import settings
from django.urls import reverse

from notifications.rules.senders import sender_for
from notifications.states import ReportStatus
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
from notifications.transports.bounded_http import BUSY, NotAsked, Reply, Unanswered, ask, new_session, pause_asked_for

logger = logging.getLogger(__name__)

HTTP: Final = "http"
SHORTEST_VALIDITY: Final = timedelta(seconds=1)
LONGEST_REFERENCE: Final = 64
LONGEST_ERROR: Final = 32
DEAREST: Final = 10**12  # millionths
# The provider's words for what no later try changes; any other word passes.
PERMANENT: Final = frozenset({"invalid_number", "not_mobile", "unknown_number", "opted_out", "blocked", "bad_text"})
# And for what is ours to repair.
OURS: Final = frozenset({"no_account", "no_funds", "sender_refused"})
COUNTRY_CLOSED: Final = "country_closed"  # somebody may have it opened; this number waits for the other provider
STATUSES: Final[Mapping[str, ReportStatus]] = {
    "queued": ReportStatus.ON_ITS_WAY,
    "sent": ReportStatus.ON_ITS_WAY,
    "delivered": ReportStatus.DELIVERED,
    "failed": ReportStatus.FAILED_FOR_NOW,  # unless its error says more
}


class HttpSms:
    """Sends with the delivery's id as the idempotency key: what is asked twice goes out once."""

    name = HTTP
    gives_receipts = True

    def send(self, message: OutgoingSms) -> Accepted:
        """Return when the provider has taken the message.

        Raises: PermanentFailure for a number that cannot be reached; FaultOfOurs when the provider does not take us;
                NoAnswer when nobody can say whether it was taken; TemporaryFailure for everything else.
        """
        sender = sender_for(message.to, senders=settings.HTTP_SMS_SENDERS, otherwise=settings.HTTP_SMS_FROM)
        if not sender:
            raise _not_set_up()
        asked: dict[str, object] = {"to": message.to, "from": sender, "text": message.text}
        if message.useful_until is not None:
            left = max(message.useful_until - message.at, SHORTEST_VALIDITY)
            asked["valid_seconds"] = int(left.total_seconds())
        address = settings.PUBLIC_ADDRESS.rstrip("/")
        asked["report_to"] = address + reverse("notifications:http-sms-status")
        reply = _ask("POST", "messages", json=asked, headers={"Idempotency-Key": str(message.delivery_id)})
        if reply.status not in {200, 201, 202}:
            raise _failure(reply)
        return _accepted(_object(reply))

    def find(
        self,
        message: OutgoingSms,
        *,
        since: datetime,  # noqa: ARG002 - the key is the delivery's own
        is_taken: Callable[[str], bool],  # noqa: ARG002 - and so mistakes none for another
    ) -> Accepted | None:
        """Look the message up by its key; one that failed did not get through.

        Raises: TemporaryFailure when it cannot be told.
        """
        reply = _ask("GET", f"messages/by-key/{message.delivery_id}")
        if _is_missing(reply):
            return None
        if reply.status != 200:
            raise _failure(reply)
        found = _object(reply)
        return None if found.get("status") == "failed" else _accepted(found)

    def report_of(self, provider_reference: str) -> ProviderReport | None:
        """Ask what became of a message; None when the provider does not know it.

        Raises: TemporaryFailure.
        """
        reply = _ask("GET", f"messages/{quote(provider_reference, safe='')}")
        if _is_missing(reply):
            return None
        if reply.status != 200:
            raise _failure(reply)
        report = report_from(_object(reply))
        if report is None:
            raise TemporaryFailure("http_bad_reply")
        return report


def report_from(told: Mapping[str, Any]) -> ProviderReport | None:
    """Read what the provider says of a message; None when it makes no sense."""
    status = told.get("status")
    found = STATUSES.get(status) if isinstance(status, str) else None
    if found is None:
        return None
    error = _error(told)
    if found is ReportStatus.FAILED_FOR_NOW and error in PERMANENT:
        found = ReportStatus.FAILED_FOR_GOOD
    if found is ReportStatus.FAILED_FOR_NOW and error in OURS | {COUNTRY_CLOSED}:
        logger.critical("The second provider reports %s: somebody has to repair our account there.", error)
    cost_micro, currency = _cost(told)
    return ProviderReport(
        status=found,
        code=f"http_{error or status}",
        segments=_segments(told),
        cost_micro=cost_micro,
        currency=currency,
    )


def reference_in(told: Mapping[str, Any]) -> str | None:
    """Give the provider's own name for a message; None for what cannot be one."""
    found = told.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_REFERENCE:
        return None
    return found if found.isascii() and found.isprintable() and " " not in found else None


def _accepted(told: Mapping[str, Any]) -> Accepted:
    reference = reference_in(told)
    if reference is None:
        raise NoAnswer("http_bad_reply")
    cost_micro, currency = _cost(told)
    return Accepted(reference, segments=_segments(told), cost_micro=cost_micro, currency=currency)


def _failure(reply: Reply) -> TemporaryFailure | PermanentFailure:
    try:
        error = _error(_object(reply))
    except NoAnswer:
        error = ""
    name = f"http_{error or reply.status}"
    if reply.status in {401, 403, 404} or error in OURS:
        logger.critical("The second provider refuses us with %s: it sends no text messages.", name)
        return FaultOfOurs(name)
    if error == COUNTRY_CLOSED:
        logger.critical("The second provider does not serve a country for us.")
        return RefusedHere(name) if has_other_sms_provider() else PermanentFailure(name)
    if error in PERMANENT:
        return PermanentFailure(name)
    if reply.status >= 500 or reply.status < 400:
        return NoAnswer(name)
    pause = pause_asked_for(reply, has_other_provider=has_other_sms_provider()) if reply.status == BUSY else timedelta()
    return TemporaryFailure(name, wait_for=pause)


def _is_missing(reply: Reply) -> bool:
    """Tell whether the provider says that it has no such message, and not only that there is nothing at the address."""
    if reply.status != 404:
        return False
    try:
        return _error(_object(reply)) == "no_such_message"
    except NoAnswer:
        return False


def _ask(method: str, path: str, **arguments: Any) -> Reply:
    if not (settings.HTTP_SMS_URL and settings.HTTP_SMS_KEY):
        raise _not_set_up()
    headers = arguments.pop("headers", {}) | {
        "Authorization": f"Bearer {settings.HTTP_SMS_KEY}",
        "Accept": "application/json",
    }
    address = f"{settings.HTTP_SMS_URL.rstrip('/')}/{path}"
    try:
        return ask(_session(), method, address, seconds=settings.SEND_TIMEOUT_SECONDS, headers=headers, **arguments)
    except NotAsked:
        raise TemporaryFailure("http_unreachable") from None
    except Unanswered as fault:
        raise NoAnswer(f"http_{fault.reason}") from None


def _not_set_up() -> FaultOfOurs:
    logger.critical("The second provider is not set up: it sends no text messages.")
    return FaultOfOurs("http_not_set_up")


def _object(reply: Reply) -> Mapping[str, Any]:
    """Read a JSON object.

    Raises: NoAnswer when it is something else.
    """
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NoAnswer("http_bad_reply")
    return found


def _error(told: Mapping[str, Any]) -> str:
    """Give the error as a short code, or nothing."""
    error = told.get("error")
    if not isinstance(error, str) or len(error) > LONGEST_ERROR:
        return ""
    return error if error.isascii() and error.replace("_", "").isalnum() else ""


def _segments(told: Mapping[str, Any]) -> int | None:
    segments = told.get("segments")
    return segments if type(segments) is int and 0 < segments < 100 else None


def _cost(told: Mapping[str, Any]) -> tuple[int | None, str]:
    cost, currency = told.get("cost_micro"), told.get("currency")
    if type(cost) is not int or not 0 <= cost < DEAREST or not isinstance(currency, str):
        return None, ""
    is_code = len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()
    return (cost, currency) if is_code else (None, "")


@functools.lru_cache(maxsize=1)
def _session() -> requests.Session:
    """Keep one session a process: it keeps its connections open."""
    return new_session()
