"""Answers as Twilio's public API description says (2010-04-01, Message resource), with scripted faults.

``python -m tests.notifications.twilio_stand_in PORT JOURNAL`` runs it as a process of its own that may be killed: what
it said yes to is in the journal before it says so, and read again when it starts.
"""

import base64
import json
import re
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from uuid import uuid4

import requests
from twilio.request_validator import RequestValidator

from tests.notifications.provider_faults import (
    Drip,
    Fault,
    FaultyHandler,
    Hang,
    Raw,
    Refuse,
    Reset,
    Server,
    Slow,
)

__all__ = ["Accepted", "Drip", "Fault", "Hang", "Raw", "Refuse", "Reset", "Slow", "TwilioStandIn"]

ROOT = re.compile(
    r"/2010-04-01/Accounts/(?P<account>AC[0-9a-f]{32})/Messages(?:/(?P<sid>(?:SM|MM)[0-9a-f]{32}))?\.json"
)
VERSION = "2010-04-01"
DEFAULT_PAGE, LONGEST_PAGE = 50, 1000
NOT_SENT = {"accepted", "scheduled", "queued", "sending"}
STOPS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
STARTS = {"START", "YES", "UNSTOP"}
MESSAGES = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send an SMS has not been enabled for the region",
    21602: "Message body is required.",
    21603: "A 'From' phone number or a Messaging Service is required.",
    21606: "The 'From' phone number is not a valid message-capable number",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
}


@dataclass
class Accepted:
    """One message that the stand-in said yes to."""

    sid: str
    to: str
    body: str
    form: dict[str, str]
    status: str = "queued"
    error_code: int | None = None
    created_at: float = field(default_factory=time.time)
    price: str | None = None

    def has_come(self, status: str, *, error_code: int | None = None, price: str | None = None) -> None:
        """Let Twilio hear of the message what a carrier tells."""
        self.status, self.error_code, self.price = status, error_code, price


@dataclass
class TwilioStandIn(Server):
    """An HTTP server on a loopback port; ``accepted`` is what a person would have received.

    ``after_accepting``: statuses that Twilio posts to a message's StatusCallback by itself, in this order, whatever
    order that is.
    """

    account_sid: str = "AC" + "0123456789abcdef" * 2
    auth_token: str = "stand-in-token"
    accepted: list[Accepted] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)
    unsubscribed: set[str] = field(default_factory=set)
    closed_countries: set[str] = field(default_factory=set)
    after_accepting: Sequence[str] = ()
    journal: Path | None = None
    answers: list[int] = field(default_factory=list)
    called: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __enter__(self) -> Self:
        if self.journal is not None and self.journal.exists():
            lines = self.journal.read_text(encoding="utf-8").splitlines()
            self.accepted.extend(Accepted(**json.loads(line)) for line in lines)
        return super().__enter__()

    def accept(self, form: dict[str, str]) -> Accepted:
        status = "queued" if "From" in form else "accepted"
        message = Accepted(sid="SM" + uuid4().hex, to=form["To"], body=form["Body"], form=form, status=status)
        with self.lock:
            if self.journal is not None:
                with self.journal.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(message)) + "\n")
            self.accepted.append(message)
        if self.after_accepting and "StatusCallback" in form:
            threading.Thread(target=self.report, args=(message, self.after_accepting), daemon=True).start()
        return message

    def refusal(self, form: dict[str, str]) -> tuple[int, int] | None:
        """Tell for what Twilio refuses a message before it looks any further."""
        to = form.get("To", "")
        if not to.startswith("+"):
            return 400, 21211
        if not form.get("Body"):
            return 400, 21602
        if ("From" in form) == ("MessagingServiceSid" in form):
            return 400, 21603
        if to in self.unsubscribed:
            return 400, 21610
        if any(to.startswith(country) for country in self.closed_countries):
            return 403, 21408
        return None

    def resource(self, message: Accepted) -> dict[str, Any]:
        """Give a message as Twilio writes it."""
        made = format_datetime(datetime.fromtimestamp(message.created_at, tz=UTC))
        uri = f"/{VERSION}/Accounts/{self.account_sid}/Messages/{message.sid}"
        return {
            "sid": message.sid,
            "account_sid": self.account_sid,
            "api_version": VERSION,
            "body": message.body,
            "to": message.to,
            "from": message.form.get("From"),
            "messaging_service_sid": message.form.get("MessagingServiceSid"),
            "status": message.status,
            "direction": "outbound-api",
            "num_segments": "0" if message.status == "accepted" else "1",
            "num_media": "0",
            "price": message.price,
            "price_unit": "USD",
            "error_code": message.error_code,
            "error_message": MESSAGES.get(message.error_code or 0),
            "date_created": made,
            "date_updated": made,
            "date_sent": None if message.status in NOT_SENT else made,
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        """Give one page of messages, the newest first, as the parameters of the list ask."""
        size = min(int(query.get("PageSize", DEFAULT_PAGE)), LONGEST_PAGE)
        number = int(query.get("Page", 0))
        with self.lock:
            found = [self.resource(one) for one in reversed(self.accepted) if _is_asked_for(one, query)]
        path = f"/{VERSION}/Accounts/{self.account_sid}/Messages.json"
        following = urlencode(query | {"Page": str(number + 1), "PageSize": str(size)})
        has_more = len(found) > (number + 1) * size
        return {
            "messages": found[number * size : (number + 1) * size],
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": min((number + 1) * size, len(found)) - 1,
            "uri": f"{path}?{urlencode(query)}",
            "first_page_uri": f"{path}?PageSize={size}&Page=0",
            "previous_page_uri": None,
            "next_page_uri": f"{path}?{following}" if has_more else None,
        }

    # What Twilio calls by itself --------------------------------------------------------------------------------

    def status_form(self, message: Accepted, status: str, *, error_code: int | None = None) -> dict[str, str]:
        """Give the form of a status callback: a subset of the request's parameters with status and error code."""
        form = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "AccountSid": self.account_sid,
            "ApiVersion": VERSION,
            "To": message.to,
            "From": message.form.get("From", "+4592400000"),
            "MessageStatus": status,
            "SmsStatus": status,
        }
        if "MessagingServiceSid" in message.form:
            form["MessagingServiceSid"] = message.form["MessagingServiceSid"]
        if status in {"delivered", "undelivered"}:
            form["RawDlrDoneDate"] = "2611231200"
        return form if error_code is None else form | {"ErrorCode": str(error_code)}

    def inbound_form(self, *, sender: str, text: str, has_advanced_opt_out: bool = False) -> dict[str, str]:
        """Give the form of a text message that somebody sent; a word of the carrier's is acted on first."""
        word = text.strip().upper()
        kind = "STOP" if word in STOPS else "START" if word in STARTS else "HELP" if word in {"HELP", "INFO"} else None
        if kind == "STOP":
            self.unsubscribed.add(sender)
        elif kind == "START":
            self.unsubscribed.discard(sender)
        sid = "SM" + uuid4().hex
        form = {
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "AccountSid": self.account_sid,
            "ApiVersion": VERSION,
            "From": sender,
            "To": "+4592400000",
            "Body": text,
            "NumMedia": "0",
            "NumSegments": "1",
            "FromCountry": "DK",
            "SmsStatus": "received",
        }
        return form | {"OptOutType": kind} if has_advanced_opt_out and kind else form

    def signature(self, address: str, form: dict[str, str]) -> str:
        """Sign a call as https://www.twilio.com/docs/usage/security#validating-requests says."""
        return str(RequestValidator(self.auth_token).compute_signature(address, form))

    def report(self, message: Accepted, statuses: Iterable[str], *, error_code: int | None = None) -> list[int]:
        """Post statuses to the message's address, in the order given; a status given twice is posted twice.

        Returns: the HTTP status of each answer; 0 where there was none.
        """
        answers = []
        address = message.form["StatusCallback"]
        for status in statuses:
            form = self.status_form(message, status, error_code=error_code)
            headers = {"X-Twilio-Signature": self.signature(address, form)}
            try:
                answers.append(requests.post(address, data=form, headers=headers, timeout=5).status_code)
            except requests.RequestException:
                answers.append(0)
            self.answers.append(answers[-1])
            self.called.release()
        return answers

    def has_called(self, times: int) -> None:
        """Return when Twilio has called us so often."""
        for _ in range(times):
            assert self.called.acquire(timeout=30)


def _is_asked_for(message: Accepted, query: dict[str, str]) -> bool:
    """Tell whether a message passes the filters; one that was not sent yet has no date to pass one by."""
    if "To" in query and message.to != query["To"]:
        return False
    if "From" in query and message.form.get("From") != query["From"]:
        return False
    bounds = {name: query[name] for name in ("DateSent", "DateSent>", "DateSent<") if name in query}
    if not bounds:
        return True
    if message.status in NOT_SENT:
        return False
    day = datetime.fromtimestamp(message.created_at, tz=UTC).date()
    asked = {name: date.fromisoformat(text[:10]) for name, text in bounds.items()}
    return (
        asked.get("DateSent", day) == day and asked.get("DateSent>", day) <= day and asked.get("DateSent<", day) >= day
    )


class _Handler(FaultyHandler):
    of: TwilioStandIn

    def do_POST(self) -> None:  # noqa: N802 - as the server calls it
        form = dict(parse_qsl(self.body().decode(), keep_blank_values=True))
        if self._named() is None:
            return
        with self.of.lock:
            self.of.requests.append(form)
        fault = self.of.next_fault()
        self.of.arrived.release()
        if getattr(fault, "accepts", False):
            self.of.accept(form)
        match fault:
            case Slow(seconds=seconds):
                time.sleep(seconds)
                self._create(form)
            case Drip(seconds_a_byte=seconds):
                self.drip(201, json.dumps(self.of.resource(self.of.accept(form))).encode(), seconds)
            case None:
                self._create(form)
            case _:
                self._fail(fault)

    def do_GET(self) -> None:  # noqa: N802 - as the server calls it
        sid = self._named()
        if sid is None:
            return
        split = urlsplit(self.path)
        self.of.lookups.append(self.path)
        fault = self.of.next_lookup_fault()
        query = dict(parse_qsl(split.query))
        with self.of.lock:
            one = next((message for message in self.of.accepted if message.sid == sid), None)
        if fault is not None:
            self._fail(fault)
        elif not sid:
            self.answer(200, json.dumps(self.of.page(query)).encode())
        elif one is None:
            self._refuse(404, 20404)
        else:
            self.answer(200, json.dumps(self.of.resource(one)).encode())

    def _named(self) -> str | None:
        """Give the message that the path names, empty for all of them; None when the call was refused already."""
        found = ROOT.fullmatch(urlsplit(self.path).path)
        expected = base64.b64encode(f"{self.of.account_sid}:{self.of.auth_token}".encode()).decode()
        if found is None or found["account"] != self.of.account_sid:
            self._refuse(404, 20404)
        elif self.headers.get("Authorization") != f"Basic {expected}":
            self._refuse(401, 20003)
        else:
            return found["sid"] or ""
        return None

    def _fail(self, fault: Fault | None) -> None:
        match fault:
            case Refuse(status=status, code=code, headers=headers):
                self._refuse(status, code, dict(headers))
            case Hang(seconds=seconds):
                time.sleep(seconds)
                self.cut()
            case Raw(status=status, body=body, length=promised):
                self.answer(status, body, promised=promised)
            case Reset():
                self.cut()

    def _create(self, form: dict[str, str]) -> None:
        refusal = self.of.refusal(form)
        if refusal is not None:
            self._refuse(*refusal)
        else:
            self.answer(201, json.dumps(self.of.resource(self.of.accept(form))).encode())

    def _refuse(self, status: int, code: int | str, headers: dict[str, str] | None = None) -> None:
        body = {
            "code": code,
            "message": MESSAGES.get(int(code), "Error"),
            "more_info": f"https://www.twilio.com/docs/errors/{quote(str(code))}",
            "status": status,
        }
        self.answer(status, json.dumps(body).encode(), headers=headers)


TwilioStandIn.handler = _Handler

if __name__ == "__main__":
    with TwilioStandIn(port=int(sys.argv[1]), journal=Path(sys.argv[2])):
        threading.Event().wait()
