"""What the people of the story have in their hands: code displays, phones, mailboxes, and a clock that can be moved."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx

from mitid_portal.demo.walkthrough.visitor import TIMEOUT_SECONDS, StoryFailed

MESSAGE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Message:
    """Something that arrived."""

    channel: str
    to: str
    subject: str
    text: str


@dataclass
class Person:
    """Somebody of the demo, as its JSON tells of them."""

    role: str
    name: str
    cpr_number: str
    user_id: str | None
    password: str = field(repr=False)
    devices: list[str]
    phone: str
    email: str
    chosen_user_id: str
    passport_mrz: list[str]
    control_answers: dict[str, str]


class DemoSide:
    """The demo's addresses for programs."""

    def __init__(self, address: str) -> None:
        """Talk to the portal at ``address``."""
        self._client = httpx.Client(base_url=address, timeout=TIMEOUT_SECONDS)
        self._used: dict[str, str] = {}
        self._seen: dict[str, int] = {}

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def people(self) -> list[Person]:
        """List who can be played."""
        known = Person.__dataclass_fields__
        return [
            Person(**{name: value for name, value in raw.items() if name in known})
            for raw in self._get("/demo/personas.json")
        ]

    def one(self, role: str, *, number: int = 0) -> Person:
        """Take somebody with a role; an applicant is one without an identity."""
        found = [person for person in self.people() if person.role == role]
        if role == "applicant":
            found = [person for person in found if person.user_id is None]
        if len(found) <= number:
            raise StoryFailed(f"/demo/personas.json has no {role} {'left' if role == 'applicant' else ''}")
        return found[number]

    def fresh_code(self, serial: str) -> str:
        """Read a code display; when its code was used already, let a minute pass for the next one (SEC-3)."""
        code = self._shown(serial)
        if code == self._used.get(serial):
            self._post("/demo/clock", {"minutes": 1})
            code = self._shown(serial)
        self._used[serial] = code
        return code

    def skip_hours(self, hours: int) -> None:
        """Move the demo's clock ahead."""
        self._post("/demo/clock", {"hours": hours})

    def now(self) -> datetime:
        """Tell what time it is in the demo."""
        return datetime.fromisoformat(self._get("/demo/clock")["now"])

    def answer_sms(self, phone: str, text: str) -> None:
        """Send a text message from a phone of the demo."""
        self._post("/demo/sms-reply", {"from": phone, "text": text})

    def listen(self, *addresses: str) -> None:
        """Take what lies on these phones and in these mailboxes as read."""
        for address in addresses:
            self._seen[address] = len(self._inbox(address))

    def next_message(self, address: str, *words: str) -> Message:
        """Wait for an unread message that holds one of the words (any, when none are given)."""
        deadline = time.monotonic() + MESSAGE_SECONDS
        unread: list[Message] = []
        while time.monotonic() < deadline:
            inbox = self._inbox(address)
            unread = inbox[: len(inbox) - self._seen.get(address, 0)]
            for message in reversed(unread):
                whole = f"{message.subject} {message.text}".casefold()
                if not words or any(word.casefold() in whole for word in words):
                    return message
            time.sleep(0.3)
        there = " | ".join(message.text[:100] for message in unread) or "nothing"
        wanted = " or ".join(repr(word) for word in words) or "a message"
        raise StoryFailed(f"{address} did not get {wanted} within {MESSAGE_SECONDS:.0f} seconds; unread there: {there}")

    def _shown(self, serial: str) -> str:
        for device in self._get("/demo/devices.json"):
            if device["serial"] == serial:
                code: str = device["code"]
                return code
        raise StoryFailed(f"/demo/devices.json does not know {serial}.")

    def _inbox(self, address: str) -> list[Message]:
        return [
            Message(channel=raw["channel"], to=raw["to"], subject=raw["subject"], text=raw["text"])
            for raw in self._get("/demo/messages.json", to=address)
        ]

    def _get(self, path: str, **query: str) -> Any:
        return self._taken(self._client.get(path, params=query))

    def _post(self, path: str, body: dict[str, object]) -> Any:
        return self._taken(self._client.post(path, json=body))

    def _taken(self, response: httpx.Response) -> Any:
        if response.status_code != httpx.codes.OK:
            raise StoryFailed(f"{response.request.url} answered {response.status_code}: {response.text[:300]}")
        return response.json()
