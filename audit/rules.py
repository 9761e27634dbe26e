"""What an event may say, and how a row is written for its keyed hash: pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self
from uuid import UUID

from audit.states import ActorKind, EventKind

Fact = str | int | bool | UUID | None

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CODE: Final = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
_PERSONAL: Final = re.compile(r"\d{6}-?\d{4}|\+\d+")  # a CPR number, a phone number
_INTEGER_LIMIT: Final = 2**53  # beyond it JSON readers round


@dataclass(frozen=True)
class Actor:
    """Who acts: a kind, an opaque id, and for an officer the office and organisation acted for."""

    kind: ActorKind
    id: UUID | None = None
    office_id: UUID | None = None
    organisation_id: UUID | None = None

    @classmethod
    def citizen(cls, identity_id: UUID) -> Self:
        """Give a logged-in citizen, by their identity."""
        return cls(ActorKind.CITIZEN, identity_id)

    @classmethod
    def alert_holder(cls) -> Self:
        """Give whoever answers an alert, known only by holding it."""
        return cls(ActorKind.ALERT_HOLDER)

    @classmethod
    def visitor(cls) -> Self:
        """Give someone who is not logged in."""
        return cls(ActorKind.VISITOR)

    @classmethod
    def system(cls) -> Self:
        """Give the system itself."""
        return cls(ActorKind.SYSTEM)


def objection_to_actor(actor: Actor) -> str | None:
    """Say what is wrong with an actor; ``None`` means nothing."""
    if actor.kind in {ActorKind.CITIZEN, ActorKind.OFFICER} and actor.id is None:
        return "A citizen or officer has an id."
    if actor.kind is ActorKind.SYSTEM and actor.id is not None:
        return "The system has no id."
    if actor.kind is not ActorKind.OFFICER and (actor.office_id or actor.organisation_id):
        return "Only an officer acts for an office."
    return None


def clean_facts(facts: Mapping[str, Fact]) -> dict[str, str | int | bool | None]:
    """Turn facts into what JSON holds.

    Rule:   LOG-2: codes, numbers and opaque ids only, so that no personal data and no free text can slip in.
    Raises: ValueError naming the fact, never its value.
    """
    return {_clean_name(name): _clean_fact(name, value) for name, value in facts.items()}


def row_message(
    *,
    row_id: int,
    at: datetime,
    kind: EventKind | str,
    actor: Actor,
    subject_id: UUID | None,
    facts: Mapping[str, str | int | bool | None],
) -> bytes:
    """Write a row so that two different rows never give the same bytes.

    Bytes: UTF-8 JSON, a list in fixed order; instants as microseconds since 1970, keys of ``facts`` sorted.
    """
    row = [
        row_id,
        _microseconds(at),
        str(kind),
        str(actor.kind),
        _text(actor.id),
        _text(actor.office_id),
        _text(actor.organisation_id),
        _text(subject_id),
        dict(facts),
    ]
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _clean_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise ValueError("The name of a fact is a short lower-case word.")
    return name


def _clean_fact(name: str, value: object) -> str | int | bool | None:
    match value:
        case None | bool():
            return value
        case int() if abs(value) < _INTEGER_LIMIT:
            return int(value)
        case UUID():
            return str(value)
        case str() if _CODE.fullmatch(value) and not _PERSONAL.fullmatch(value):
            return str(value)
        case _:
            message = f"The fact {name} is no short code, number or id."
            raise ValueError(message)


def _microseconds(at: datetime) -> int:
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _text(identifier: UUID | None) -> str | None:
    return None if identifier is None else str(identifier)
