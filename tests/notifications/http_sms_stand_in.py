"""Answers as docs/http-sms.md says, with scripted faults."""

import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from notifications.signed_calls import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature_of
from tests.notifications.provider_faults import Drip, Fault, FaultyHandler, Hang, Raw, Refuse, Reset, Server, Slow

BY_KEY = re.compile(r"/v1/messages/by-key/(?P<key>[0-9a-f-]{36})")
ONE = re.compile(r"/v1/messages/(?P<id>[A-Za-z0-9]{1,64})")


@dataclass
class Message:
    """One message that the stand-in said yes to."""

    id: str
    key: str
    asked: dict[str, Any]
    status: str = "queued"
    error: str | None = None
    cost_micro: int | None = 31_000

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self.id, "key": self.key, "status": self.status, "segments": 1}
        if self.error is not None:
            found["error"] = self.error
        if self.cost_micro is not None:
            found |= {"cost_micro": self.cost_micro, "currency": "DKK"}
        return found


@dataclass
class HttpSmsStandIn(Server):
    """An HTTP server on a loopback port; ``accepted`` is what a person would have received."""

    key: str = "stand-in-key"
    secret: str = "stand-in-secret"
    accepted: list[Message] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    unsubscribed: set[str] = field(default_factory=set)

    def accept(self, asked: dict[str, Any], key: str) -> Message:
        """Take a message; a key that is known, and whose message has not failed, names the message that is there."""
        with self.lock:
            for message in self.accepted:
                if message.key == key and message.status != "failed":
                    return message
            message = Message(id=uuid4().hex, key=key, asked=asked)
            self.accepted.append(message)
            return message

    def signed(self, told: object, *, at: datetime, secret: str | None = None) -> tuple[bytes, dict[str, str]]:
        """Give the body and the headers of a call to us."""
        body, timestamp = json.dumps(told).encode(), str(int(at.timestamp()))
        signature = signature_of(secret=secret or self.secret, timestamp=timestamp, body=body)
        return body, {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature}


class _Handler(FaultyHandler):
    of: HttpSmsStandIn

    def do_POST(self) -> None:  # noqa: N802 - as the server calls it
        asked = json.loads(self.body())
        if not self._is_let_in():
            return
        with self.of.lock:
            self.of.requests.append(asked)
        fault = self.of.next_fault()
        self.of.arrived.release()
        key = self.headers["Idempotency-Key"]
        if getattr(fault, "accepts", False):
            self.of.accept(asked, key)
        match fault:
            case Slow(seconds=seconds):
                time.sleep(seconds)
                self._create(asked, key)
            case Drip(seconds_a_byte=seconds):
                self.drip(201, json.dumps(self.of.accept(asked, key).told()).encode(), seconds)
            case None:
                self._create(asked, key)
            case _:
                self._fail(fault)

    def do_GET(self) -> None:  # noqa: N802 - as the server calls it
        if not self._is_let_in():
            return
        fault = self.of.next_lookup_fault()
        by_key, by_id = BY_KEY.fullmatch(self.path), ONE.fullmatch(self.path)
        with self.of.lock:
            found = [
                message
                for message in reversed(self.of.accepted)
                if (by_key and message.key == by_key["key"]) or (by_id and message.id == by_id["id"])
            ]
        if fault is not None:
            self._fail(fault)
        elif found:
            self.answer(200, json.dumps(found[0].told()).encode())
        else:
            self.answer(404, b'{"error": "no_such_message"}')

    def _create(self, asked: dict[str, Any], key: str) -> None:
        if asked["to"] in self.of.unsubscribed:
            self.answer(422, b'{"error": "opted_out"}')
        else:
            self.answer(201, json.dumps(self.of.accept(asked, key).told()).encode())

    def _is_let_in(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {self.of.key}":
            return True
        self.answer(401, b'{"error": "no_account"}')
        return False

    def _fail(self, fault: Fault) -> None:
        match fault:
            case Refuse(status=status, code=code, headers=headers):
                self.answer(status, json.dumps({"error": code}).encode(), headers=dict(headers))
            case Hang(seconds=seconds):
                time.sleep(seconds)
                self.cut()
            case Raw(status=status, body=body, length=promised):
                self.answer(status, body, promised=promised)
            case Reset():
                self.cut()


HttpSmsStandIn.handler = _Handler
