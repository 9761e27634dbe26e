"""Rows that are not as they were written: whether they are another row's, pure."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from audit.rules import microseconds

MONTHS_TRIED: Final = 13
IDS_TRIED: Final = 1_000
"""Suspects and missing ids; beyond so many rows are told of as changed: the tries grow with the square."""
IDS_TRIED_WITH_TIMES: Final = 60

MacMatches = Callable[[bytes, bytes], bool]


@dataclass(frozen=True)
class Suspect:
    """A row whose keyed hash does not fit, or that nothing says was ever written."""

    row_id: int
    partition: str
    mac: bytes
    message: bytes
    seal: int | None
    is_added: bool
    """Nothing tells of such a row: no seal, no journal, or it is there twice."""
    is_twin: bool = False
    """A genuine row of this id stands beside it."""


@dataclass(frozen=True)
class Move:
    """Where a row was written: under which id, and whether at another time."""

    suspect: Suspect
    from_id: int
    is_other_time: bool


def moves_among(suspects: Sequence[Suspect], missing: Collection[int], matches: MacMatches) -> list[Move]:
    """Find the suspects whose keyed hash is right under another id or time.

    Only ids that are missing or suspect themselves are tried: a copy of a row that still stands is an added row.
    """
    ids = sorted({suspect.row_id for suspect in suspects} | set(missing))
    if len(ids) > IDS_TRIED:
        return []
    instants = [instant for suspect in suspects if (instant := _instant(suspect.message)) is not None]
    moves = []
    for suspect in suspects:
        move = next(_places(suspect, ids, instants, matches), None)
        if move is not None:
            moves.append(move)
    return moves


def _places(suspect: Suspect, ids: Sequence[int], instants: Sequence[int], matches: MacMatches) -> Iterator[Move]:
    parts = suspect.message.split(b"|", 2)
    own = _instant(suspect.message)
    if len(parts) != 3 or own is None:
        return
    for row_id in ids:  # the id alone
        if row_id != suspect.row_id and matches(_message(row_id, own, parts[2]), suspect.mac):
            yield Move(suspect, row_id, is_other_time=False)
    times = [instant for instant in (*instants, *months_around(own)) if instant != own]
    own_id = () if suspect.is_twin else (suspect.row_id,)  # a copy of a row that still stands was not moved
    others = [row_id for row_id in ids if row_id != suspect.row_id]
    for row_id in (*own_id, *(others if len(ids) <= IDS_TRIED_WITH_TIMES else ())):
        for instant in times:
            if matches(_message(row_id, instant, parts[2]), suspect.mac):
                yield Move(suspect, row_id, is_other_time=True)


def _message(row_id: int, instant: int, rest: bytes) -> bytes:
    return b"%d|%d|%b" % (row_id, instant, rest)


def _instant(message: bytes) -> int | None:
    parts = message.split(b"|", 2)
    try:
        return int(parts[1])
    except (IndexError, ValueError):
        return None


def months_around(instant: int) -> Iterator[int]:
    """Give the same day and time in the months around, where they have that day, and whole days around.

    Units: microseconds since 1970.
    """
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    except OverflowError:
        return
    for step in range(1, MONTHS_TRIED):
        for months in (step, -step):
            months_on = at.year * 12 + at.month - 1 + months
            try:
                yield microseconds(at.replace(year=months_on // 12, month=months_on % 12 + 1))
            except ValueError:  # no such day in that month, or no such year
                continue
    for days in range(1, 32):
        for signed in (days, -days):
            yield instant + signed * 86_400_000_000
