"""What an event may say, and how rows and seals are written for hashing: pure."""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, Self
from uuid import UUID

from audit.states import ActorKind, EventKind

Fact = str | int | bool | UUID | None

PEOPLE: Final = frozenset({ActorKind.CITIZEN, ActorKind.OFFICER, ActorKind.CUSTODIAN})
NO_SEAL: Final = bytes(32)
"""What the first seal has where later ones have the hash of the one before."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CODE: Final = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
_PERSONAL: Final = re.compile(r"\d{6}-?\d{4}|\+\d+")  # a CPR number, a phone number
_JSON: Final = json.JSONEncoder(ensure_ascii=False).encode
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
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
    def custodian(cls, custodian_id: UUID) -> Self:
        """Give a key custodian."""
        return cls(ActorKind.CUSTODIAN, custodian_id)

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
    if actor.kind in PEOPLE and actor.id is None:
        return "A citizen, officer or custodian has an id."
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
    """Write a row so that two different rows never give the same bytes, as ``audit.sql.ROW_MESSAGE`` does too.

    Rule:  LOG-1.
    Bytes: UTF-8; fields joined by ``|``, none for null; the instant in microseconds since 1970; the facts, which may
           hold anything, last and as PostgreSQL prints jsonb.
    """
    return row_message_of(
        row_id=row_id, at=at, kind=kind, actor=actor, subject_id=subject_id, facts_text=jsonb_text(facts)
    )


def row_message_of(
    *, row_id: int, at: datetime, kind: EventKind | str, actor: Actor, subject_id: UUID | None, facts_text: str
) -> bytes:
    """Give ``row_message`` of facts that ``jsonb_text`` has written."""
    identifiers = (actor.id, actor.office_id, actor.organisation_id, subject_id)
    ids = "|".join("" if identifier is None else str(identifier) for identifier in identifiers)
    return f"{row_id}|{microseconds(at)}|{kind}|{actor.kind}|{ids}|{facts_text}".encode()


def jsonb_text(facts: Mapping[str, str | int | bool | None]) -> str:
    """Write facts as PostgreSQL prints jsonb: shorter keys first, those of one length by their bytes."""
    names = sorted(facts, key=_place_of)
    return _JSON({name: facts[name] for name in names})


@lru_cache(maxsize=1024)
def _place_of(name: str) -> tuple[int, bytes]:
    encoded = name.encode()
    return len(encoded), encoded


def seal_message(
    *,
    number: int,
    at: datetime,
    first_id: int,
    last_id: int,
    row_count: int,
    missing: Sequence[Sequence[int]],
    late: Sequence[int],
    rows_digest: bytes,
    previous: bytes,
) -> bytes:
    """Write a seal so that two different seals never give the same bytes: this is hashed and signed.

    Rule:  LOG-1.
    Bytes: ASCII; ``seal1`` and the fields joined by ``|``; ranges as ``5-9,12-12``, digests in hexadecimal.
    """
    fields = (
        *("seal1", number, microseconds(at), first_id, last_id, row_count),
        ",".join(f"{low}-{high}" for low, high in missing),
        ",".join(str(row_id) for row_id in late),
        rows_digest.hex(),
        previous.hex(),
    )
    return "|".join(map(str, fields)).encode()


def rows_digest(rows: Iterable[tuple[int, bytes]]) -> bytes:
    """Hash what a seal covers.

    Bytes: SHA-256 over id 8 (big-endian) and keyed hash 34 of each row, by ascending id.
    """
    digest = sha256()
    for row_id, mac in rows:
        digest.update(row_id.to_bytes(8, "big") + mac)
    return digest.digest()


def missing_between(first_id: int, last_id: int, present: Iterable[int]) -> list[tuple[int, int]]:
    """Give the ranges of ids, both ends included, that are not among the ascending ``present``."""
    ranges = []
    expected = first_id
    for row_id in present:
        if row_id > expected:
            ranges.append((expected, row_id - 1))
        expected = row_id + 1
    if expected <= last_id:
        ranges.append((expected, last_id))
    return ranges


def ranges_without(ranges: Iterable[tuple[int, int]], taken: Iterable[int]) -> list[tuple[int, int]]:
    """Give what is left of ranges of ids, both ends included, once single ids are taken out of them."""
    out = sorted(taken)
    left = []
    for low, high in ranges:
        start = low
        for row_id in out[bisect_left(out, low) : bisect_right(out, high)]:
            if row_id > start:
                left.append((start, row_id - 1))
            start = row_id + 1
        if start <= high:
            left.append((start, high))
    return left


def microseconds(at: datetime) -> int:
    """Count the microseconds since 1970 UTC."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=256)
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
