"""How a line of the log stands on a page, and in an address."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from audit.api import EventKey, LogLine
from registration import log_texts
from registration.auditing import names_of_offices
from registration.texts import Text

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KEY: Final = re.compile(r"(\d{1,16})-(\d{1,18})", re.ASCII)  # more digits are no instant, and no id


@dataclass(frozen=True, kw_only=True)
class Line:
    """An event in words. Everything personal is an opaque id: the log has nothing else (LOG-2)."""

    url: str
    at: datetime
    what: Text
    kind: str
    actor: Text
    actor_id: UUID | None
    actor_url: str
    office: str
    subject_id: UUID | None
    subject_url: str
    facts: list[tuple[str, str]]
    seal: int | None


def lines_of(found: Sequence[LogLine]) -> list[Line]:
    """Put events into words; the offices of all of them are named in one query."""
    offices = names_of_offices({line.actor.office_id for line in found if line.actor.office_id})
    return [_line(line, offices) for line in found]


def text_of(key: EventKey) -> str:
    """Write where a list goes on into an address: microseconds since 1970, a hyphen, the id."""
    return f"{(key.at - _EPOCH) // timedelta(microseconds=1)}-{key.id}"


def key_in(text: str) -> EventKey | None:
    """Read what ``text_of`` wrote; None for anything else."""
    found = _KEY.fullmatch(text)
    return EventKey(_EPOCH + timedelta(microseconds=int(found[1])), int(found[2])) if found else None


def url_of_event(key: EventKey | None) -> str:
    """Give the address of an event; nothing for none."""
    return reverse("registration:log-event", kwargs={"key": text_of(key)}) if key else ""


def url_of_search(**fields: object) -> str:
    """Give the address of a search by some fields of its form."""
    chosen = {name: value for name, value in fields.items() if value not in {None, ""}}
    # An empty search lists everything; without a field in the address the page would show the form alone.
    return f"{reverse('registration:log')}?{urlencode(chosen or {'kind': ''})}"


def _line(line: LogLine, offices: dict[UUID, str]) -> Line:
    actor = line.actor
    return Line(
        url=url_of_event(line.key),
        at=line.at,
        what=log_texts.words_for(line.kind),
        kind=line.kind,
        actor=log_texts.ACTORS[actor.kind],
        actor_id=actor.id,
        actor_url=url_of_search(actor=actor.id) if actor.id else "",
        office=offices.get(actor.office_id, str(actor.office_id)) if actor.office_id else "",
        subject_id=line.subject_id,
        subject_url=url_of_search(subject=line.subject_id) if line.subject_id else "",
        facts=[(name, _code(value)) for name, value in sorted(line.facts.items())],
        seal=line.seal,
    )


def _code(value: object) -> str:
    return {True: "true", False: "false", None: "null"}[value] if isinstance(value, bool | None) else str(value)
