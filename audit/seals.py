"""One seal over what was committed since the seal before, and what is known of the seals before it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypedDict

from django.db import connection

from audit.genuine import seals_before
from audit.heads import Head
from audit.models import AuditSeal
from audit.rules import NO_SEAL, missing_between, ranges_without, rows_digest, seal_message
from audit.sealer import SealSignature, sealer
from audit.sql import LAST_DRAWN
from audit.verification.reading import MESSAGE
from audit.verification.rules import SealRow, Span

MOST_ROWS: Final = 50_000
"""In one seal, and as many that came late."""
LATE_FOR: Final = timedelta(hours=24)
"""How long a gap is searched for rows whose transaction commits after the gap was sealed."""
MOST_RECENT: Final = 20_000
"""Seals whose gaps are searched: those of 24 hours at one in five seconds, and some."""
YOUNG_SEALS: Final = 30
SLOT: Final = timedelta(minutes=5)
SLOT_SEALS: Final = 60
"""After so many seals a new slot begins, also for a clock that stands."""
ROWS_AT_ONCE: Final = 5_000
_ONE_SEALER: Final = 4_102_011  # the number of the advisory lock; nothing else of ours takes one of this number

Row = tuple[int, bytes]


@dataclass
class Found:
    """Rows by ascending id, each with its keyed hash, and how many did not fit theirs."""

    rows: list[Row] = field(default_factory=list)
    wrong: int = 0
    first_wrong: int | None = None
    twin: int | None = None
    """An id that stands twice, each time with a keyed hash of ours."""

    def take(self, row_id: int, mac: bytes, *, is_right: bool) -> None:
        """Count a row in."""
        if not is_right:
            self.wrong += 1
            self.first_wrong = row_id if self.first_wrong is None else self.first_wrong
            return
        if self.rows and self.rows[-1][0] == row_id:
            self.twin = row_id
        self.rows.append((row_id, mac))


def take_turn() -> bool:
    """This transaction is the only one that seals, until it ends; false when another one is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ONE_SEALER])
        (is_taken,) = cursor.fetchone()
        # The statistics of a table that grows lag: reading it whole every few seconds would be its end.
        cursor.execute("SET LOCAL enable_seqscan = off")
    return bool(is_taken)


def last_seal() -> AuditSeal | None:
    """Give the newest seal as it is stored."""
    return AuditSeal.objects.order_by("-number").first()


def rows_after(last_id: int, *, up_to: int) -> Found:
    """Give the next rows, at most ``MOST_ROWS``, up to the last id that was drawn.

    Raises: what ``sealer().away`` names.
    """
    return _found(
        f"SELECT id, mac, convert_to({MESSAGE}, 'UTF8') FROM audit_auditevent"  # noqa: S608 - our own words
        " WHERE id > %s AND id <= %s ORDER BY id",
        [last_id, up_to],
    )


def rows_in(spans: Sequence[Span]) -> Found:
    """Give the rows within ranges, at most ``MOST_ROWS``.

    Raises: what ``sealer().away`` names.
    """
    if not spans:
        return Found()
    return _found(
        f"SELECT id, mac, convert_to({MESSAGE}, 'UTF8') FROM unnest(%s::bigint[], %s::bigint[]) AS gap (low, high)"  # noqa: S608 - our own words
        " JOIN audit_auditevent ON id BETWEEN low AND high ORDER BY id",
        [*map(list, zip(*spans, strict=True))],
    )


def _found(query: str, values: list[Any]) -> Found:
    # A row that does not fit its keyed hash was not written by the portal. Sealed, it would be vouched for; so it is
    # passed by, however many there are: they keep none of ours from being sealed.
    matches = sealer().row_mac_matches
    found = Found()
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, values)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for row_id, mac, message in rows:
                mac_bytes = bytes(mac or b"")
                found.take(row_id, mac_bytes, is_right=message is not None and matches(bytes(message), mac_bytes))
                if len(found.rows) == MOST_ROWS:
                    return found
    return found


def is_beyond(last_id: int) -> bool:
    """Tell whether there are rows beyond the last id that was drawn, and beyond a seal's."""
    with connection.cursor() as cursor:
        # In one statement: what it sees was committed before it asks the sequence.
        cursor.execute(
            "SELECT EXISTS (SELECT FROM audit_auditevent"  # noqa: S608 - our own words
            f" WHERE id > greatest(%s, (SELECT coalesce({LAST_DRAWN}, 0))))",
            [last_id],
        )
        (is_so,) = cursor.fetchone()
    return bool(is_so)


def open_gaps(last: SealRow, *, most: int) -> list[Span]:
    """Give the ids that seals of the last day list as missing and that no seal covers since, ascending."""
    late: set[int] = set()
    missing: list[Span] = []
    for seal in seals_before(last, most=most, not_before=LATE_FOR):
        late.update(seal.late)
        missing += seal.missing
    return ranges_without(sorted(missing), late)


def late_rows(last: SealRow, *, is_long: bool) -> Found:
    """Give rows within gaps: of the last seals, in a long look of the whole day.

    A transaction that commits later than some seconds after its neighbours is rare, and looking for it costs a search
    in every month for each gap.
    """
    found = rows_in(open_gaps(last, most=MOST_RECENT if is_long else YOUNG_SEALS))
    if found.twin is not None:  # a seal names an id as late once: the second row stays in the journal, as a witness
        found.rows = sorted({row_id: (row_id, mac) for row_id, mac in reversed(found.rows)}.values())
    return found


def slot_of(last: SealRow, *, now: datetime) -> tuple[int, bytes] | None:
    """Give the five minutes that begin with the seal after this one; ``None``: they have begun.

    A clock that once ran ahead has all later seals bear the same instant: then their number tells.
    """
    slot = int(now.timestamp() // SLOT.total_seconds())
    if now < last.at:
        return (slot, last.hash) if last.number % SLOT_SEALS == 0 else None
    return (slot, last.hash) if slot != int(last.at.timestamp() // SLOT.total_seconds()) else None


def heads_before(newest: SealRow, *, after: int, limit: int) -> list[Head]:
    """Give the newest seals beyond a number in short, as far as they are vouched for, by ascending number."""
    most = min(limit, newest.number - after)
    return [head_of(seal) for seal in seals_before(newest, most=most)][::-1]


class _Sealed(TypedDict):
    """What a seal's message and its row both say."""

    number: int
    at: datetime
    first_id: int
    last_id: int
    row_count: int
    missing: list[tuple[int, int]]
    late: list[int]
    rows_digest: bytes
    previous: bytes


def make_seal(*, after: SealRow | None, rows: Sequence[Row], late: Sequence[Row], now: datetime) -> AuditSeal:
    """The rows are sealed.

    Rule:   LOG-1.
    Raises: what ``sealer().away`` names.
    Writes: AuditSeal.
    """
    number, first_id, previous, at = 1, 1, NO_SEAL, now
    if after is not None:
        number, first_id, previous = after.number + 1, after.last_id + 1, after.hash
        at = max(now, after.at)
    last_id = rows[-1][0] if rows else first_id - 1
    missing = missing_between(first_id, last_id, (row_id for row_id, _ in rows))
    late_ids = [row_id for row_id, _ in late]
    sealed: _Sealed = {
        "number": number,
        "at": at,
        "first_id": first_id,
        "last_id": last_id,
        "row_count": len(rows) + len(late),
        "missing": missing,
        "late": late_ids,
        "rows_digest": rows_digest(sorted([*rows, *late])),
        "previous": previous,
    }
    message = seal_message(**sealed)
    return AuditSeal.objects.create(
        **sealed,
        hash=sha256(message).digest(),
        signatures=[_stored(signature) for signature in sealer().seal_signatures(message)],
    )


def head_of(seal: AuditSeal | SealRow) -> Head:
    """Give a seal in short."""
    return Head(number=seal.number, hash=bytes(seal.hash), last_id=seal.last_id, at=seal.at)


def _stored(signature: SealSignature) -> dict[str, str | int]:
    value = base64.b64encode(signature.value).decode()
    return {"key": signature.key, "version": signature.version, "algorithm": signature.algorithm, "value": value}
