"""Answers as Twilio's public API description says (2010-04-01, Message resource), with scripted faults."""

import base64
import json
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl
from uuid import uuid4

PATH = re.compile(r"/2010-04-01/Accounts/(?P<account>AC[0-9a-f]{32})/Messages\.json")
MESSAGES = {
    20003: "Authenticate",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send an SMS has not been enabled for the region",
    21606: "The 'From' phone number is not a valid message-capable number",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
}


@dataclass(frozen=True)
class Refuse:
    """Answer with an error of Twilio's."""

    status: int
    code: int


@dataclass(frozen=True)
class Hang:
    """Take the request, say nothing for a while, then drop the connection: the message was not accepted."""

    seconds: float


@dataclass(frozen=True)
class Slow:
    """Accept, but only after a while."""

    seconds: float


@dataclass(frozen=True)
class Raw:
    """Answer with these bytes instead of JSON; ``length`` may promise more than there is."""

    status: int
    body: bytes
    length: int | None = None


@dataclass(frozen=True)
class Reset:
    """Cut the connection before any answer."""


@dataclass(frozen=True)
class Accepted:
    """One message that the stand-in said yes to."""

    sid: str
    to: str
    body: str
    form: dict[str, str]


Fault = Refuse | Hang | Slow | Raw | Reset


@dataclass
class TwilioStandIn:
    """An HTTP server on a loopback port; ``accepted`` is what a person would have received."""

    account_sid: str = "AC" + "0123456789abcdef" * 2
    auth_token: str = "stand-in-token"
    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        stand_in = self

        class Handler(_Handler):
            twilio: TwilioStandIn = stand_in

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next_fault(self, form: dict[str, str]) -> Fault | None:
        with self.lock:
            self.requests.append(form)
            fault = self.faults.pop(0) if self.faults else None
        self.arrived.release()
        return fault

    def accept(self, form: dict[str, str]) -> dict[str, Any]:
        sid = "SM" + uuid4().hex
        with self.lock:
            self.accepted.append(Accepted(sid=sid, to=form["To"], body=form["Body"], form=form))
        return {
            "sid": sid,
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": form["Body"],
            "to": form["To"],
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "status": "queued" if "From" in form else "accepted",
            "direction": "outbound-api",
            "num_segments": "1",
            "num_media": "0",
            "price": None,
            "price_unit": "USD",
            "error_code": None,
            "error_message": None,
            "date_created": "Mon, 23 Nov 2026 12:00:00 +0000",
            "date_updated": "Mon, 23 Nov 2026 12:00:00 +0000",
            "date_sent": None,
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}.json",
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}/Media.json"},
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    twilio: TwilioStandIn

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        found = PATH.fullmatch(self.path)
        if found is None or found["account"] != self.twilio.account_sid:
            self._refuse(404, 20404)
            return
        if not self._is_authorised():
            self._refuse(401, 20003)
            return
        fault = self.twilio.next_fault(form)
        match fault:
            case Refuse(status=status, code=code):
                self._refuse(status, code)
            case Hang(seconds=seconds):
                time.sleep(seconds)
                self._cut()
            case Raw(status=status, body=body, length=promised):
                self._answer(status, body, promised)
            case Reset():
                self._cut()
            case Slow(seconds=seconds):
                time.sleep(seconds)
                self._create(form)
            case None:
                self._create(form)

    def _create(self, form: dict[str, str]) -> None:
        if not form.get("To", "").startswith("+"):
            self._refuse(400, 21211)
        elif not form.get("Body"):
            self._refuse(400, 21602)
        elif ("From" in form) == ("MessagingServiceSid" in form):
            self._refuse(400, 21603)
        else:
            self._answer(201, json.dumps(self.twilio.accept(form)).encode())

    def _is_authorised(self) -> bool:
        expected = base64.b64encode(f"{self.twilio.account_sid}:{self.twilio.auth_token}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {expected}"

    def _refuse(self, status: int, code: int) -> None:
        body = {
            "code": code,
            "message": MESSAGES.get(code, "Error"),
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }
        self._answer(status, json.dumps(body).encode())

    def _answer(self, status: int, body: bytes, promised: int | None = None) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) if promised is None else promised))
            self.end_headers()
            self.wfile.write(body)
            if promised is not None:
                self._cut()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _cut(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
