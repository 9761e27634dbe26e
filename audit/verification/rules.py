"""What seals say about rows, and whether it holds: pure."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

from audit.rules import NO_SEAL, seal_message
from audit.sealer import SealSignature

HEADS_MAY_LAG: Final = timedelta(minutes=10)  # a sealer that was killed writes its line with the next seal

Span = tuple[int, int]
SignatureMatches = Callable[[bytes, SealSignature], bool]


@dataclass(frozen=True)
class SealRow:
    """One seal as the database has it; spans are inclusive."""

    number: int
    at: datetime
    first_id: int
    last_id: int
    row_count: int
    missing: tuple[Span, ...]
    late: tuple[int, ...]
    rows_digest: bytes
    previous: bytes
    hash: bytes
    signatures: tuple[SealSignature, ...]

    def message(self) -> bytes:
        """Give what is hashed and signed."""
        return seal_message(
            number=self.number,
            at=self.at,
            first_id=self.first_id,
            last_id=self.last_id,
            row_count=self.row_count,
            missing=self.missing,
            late=self.late,
            rows_digest=self.rows_digest,
            previous=self.previous,
        )


@dataclass(frozen=True)
class Run:
    """Rows that are gone, with no row between them that should be there and is."""

    first: int
    last: int
    count: int
    seal: int | None = None
    last_seal: int | None = None
    is_from_start: bool = False
    is_to_end: bool = False
    is_late: bool = False
    """One row that its seal calls late: it lay in the range of an earlier seal."""


def signatures_from(stored: Any) -> tuple[SealSignature, ...] | None:
    """Read a seal's signatures; ``None`` when they are not what a sealer writes."""
    try:
        return tuple(
            SealSignature(
                key=str(entry["key"]),
                version=int(entry["version"]),
                algorithm=str(entry["algorithm"]),
                value=base64.b64decode(entry["value"], validate=True),
            )
            for entry in stored
        )
    except (TypeError, KeyError, ValueError, binascii.Error):
        return None


def spans_from(stored: Any) -> tuple[Span, ...] | None:
    """Read the ids that were not there at sealing; ``None`` unless they are rising spans of integers."""
    if not isinstance(stored, list):
        return None
    spans: list[Span] = []
    for entry in stored:
        if not (isinstance(entry, list) and len(entry) == 2 and all(type(number) is int for number in entry)):
            return None
        if entry[0] > entry[1] or (spans and entry[0] <= spans[-1][1]):
            return None
        spans.append((entry[0], entry[1]))
    return tuple(spans)


def late_from(stored: Any) -> tuple[int, ...] | None:
    """Read the ids of late commits; ``None`` unless they are rising integers."""
    if not isinstance(stored, list) or not all(type(number) is int for number in stored):
        return None
    return tuple(stored) if all(a < b for a, b in pairwise(stored)) else None


def objection_to_seal(seal: SealRow, *, required: Collection[str], matches: SignatureMatches) -> str | None:
    """Say why a seal is not one of ours, taken by itself; ``None`` means that it is.

    Rule: LOG-1, KEY-3. Every required key must have signed, and no signature may be false: one of two removed is
          as good as none.
    """
    message = seal.message()
    if sha256(message).digest() != seal.hash:
        return "its fields are not those that were sealed"
    present = {signature.key for signature in seal.signatures}
    for key in sorted(required):
        if key not in present:
            return f"the signature by {key} is not there"
    for signature in seal.signatures:
        if not matches(message, signature):
            return f"the signature by {signature.key} is not genuine"
    if seal.last_id < seal.first_id - 1 or (seal.late and seal.late[-1] >= seal.first_id):
        return "its ids are not in order"
    return None


def objection_to_link(seal: SealRow, before: SealRow | None) -> str | None:
    """Say why a genuine seal does not follow the one before it; ``None`` means that it does."""
    if seal.previous != (NO_SEAL if before is None else before.hash):
        return "it does not follow the seal before it"
    if before is not None and seal.first_id != before.last_id + 1:
        return "its ids do not begin where those of the seal before it end"
    return None


def is_in(spans: Sequence[Span], number: int) -> bool:
    """Tell whether rising spans hold a number."""
    place = bisect_right(spans, number, key=lambda span: span[0]) - 1
    return place >= 0 and number <= spans[place][1]


def spans_without(first: int, last: int, holes: Iterable[Span]) -> Iterator[Span]:
    """Give what is left of ``first`` to ``last`` without rising holes."""
    start = first
    for low, high in holes:
        if low > start:
            yield start, min(low - 1, last)
        start = max(start, high + 1)
    if start <= last:
        yield start, last


def missing_runs(seal: SealRow, present: Collection[int]) -> list[Run]:
    """Give the rows that a seal covers and that are gone, late ones first.

    Returns: runs; one goes on over ids that were never there, and ends at a row that is.
    """
    late = [
        Run(row_id, row_id, 1, seal.number, seal.number, is_late=True) for row_id in seal.late if row_id not in present
    ]
    here = sorted(row for row in present if seal.first_id <= row <= seal.last_id and not is_in(seal.missing, row))
    holes = sorted([*seal.missing, *((row_id, row_id) for row_id in here)])
    runs: list[Run] = []
    for low, high in spans_without(seal.first_id, seal.last_id, holes):
        rows_before = bisect_right(here, low)
        last = runs[-1] if runs else None
        if last and bisect_right(here, last.last) == rows_before:
            runs[-1] = replace(last, last=high, count=last.count + high - low + 1)
        else:
            runs.append(Run(low, high, high - low + 1, seal.number, seal.number, is_from_start=rows_before == 0))
    if runs and bisect_right(here, runs[-1].last) == len(here):
        runs[-1] = replace(runs[-1], is_to_end=True)
    return late + runs


def joined(runs: Iterable[Run]) -> list[Run]:
    """Join runs that go on from one seal into the next, and late rows with the run in whose midst they lay."""
    in_order = sorted(runs, key=lambda run: run.first)
    result: list[Run] = []
    for run in in_order:
        if run.is_late:
            continue
        last = result[-1] if result else None
        if last and last.is_to_end and run.is_from_start and run.seal == (last.last_seal or 0) + 1:
            count = last.count + run.count
            result[-1] = replace(last, last=run.last, count=count, last_seal=run.last_seal, is_to_end=run.is_to_end)
        else:
            result.append(run)
    for run in in_order:
        around = bisect_right(result, run.first, key=lambda other: other.first) - 1
        if run.is_late and around >= 0 and run.last <= result[around].last:
            result[around] = replace(result[around], count=result[around].count + 1)
        elif run.is_late:
            result.insert(around + 1, run)
    return result


def runs_of(absent: Collection[int], present: Collection[int]) -> list[Run]:
    """Group ids that are gone, cut wherever an id of ``present`` lies between."""
    here = sorted(present)
    runs: list[Run] = []
    for row_id in sorted(absent):
        last = runs[-1] if runs else None
        if last and bisect_right(here, last.last) == bisect_right(here, row_id):
            runs[-1] = replace(last, last=row_id, count=last.count + 1)
        else:
            runs.append(Run(row_id, row_id, 1))
    return runs
