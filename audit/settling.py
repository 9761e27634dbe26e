"""Taking out of the journals what seals cover, on the word of no one but the seals themselves."""

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from audit import tail
from audit.genuine import judged
from audit.rules import rows_digest
from audit.tail import TailEntry
from audit.verification.reading import seal_that_covers, seals_from
from audit.verification.rules import SealRow, is_in

MOST_ENTRIES: Final = 20_000
"""Looked at in one run."""
FEW_SEALS: Final = 30
"""Asked at each sealing: what was noted just after its seal was made lies in the last ones."""
MANY_SEALS: Final = 100
"""Asked once in five minutes: what a crash between a seal and its journals left."""
LATE_WITHIN_SEALS: Final = 20_000

Row = tuple[int, bytes]


@dataclass
class Settled:
    """What came of it."""

    pruned: int = 0
    refuted: int = 0
    """Entries of ids that a seal covers with another row, or with a row that is gone."""
    first_refuted: int | None = None
    next_id: int = 0
    """From here on the next long look goes on."""


def settle(last: SealRow, *, is_long: bool, from_id: int = 0) -> Settled:
    """The journals name no row any more that a genuine seal is proven to cover.

    Proven: the rows that stand in its range give its digest, and the entry is one of them. What cannot be proven stays
    for verification to tell of: a row that was gone before it was sealed, or one of an id that was written twice.

    Raises: OSError; what ``sealer().away`` names.
    """
    settled = Settled()
    groups = 0
    if not is_long:
        few = seals_from(last.number - FEW_SEALS + 1, limit=1)
        from_id = min((stored.seal.first_id for stored in few if stored.seal is not None), default=last.first_id)
    left = _entries(last.last_id, from_id=from_id)
    while left and groups < (MANY_SEALS if is_long else FEW_SEALS):
        groups += 1
        group, left = _next_group(left, last)
        proven = _proven(group.seal, [entry.id for entry in group.entries]) if group.seal is not None else None
        if proven is not None:
            _count(settled, group.entries, proven)
    if is_long:
        settled.next_id = left[0].id if left else 0
    return settled


@dataclass
class _Group:
    seal: SealRow | None
    entries: list[TailEntry]


@dataclass(frozen=True)
class _Proven:
    rows: frozenset[Row]
    ids: frozenset[int]
    is_right: bool


def _entries(last_id: int, *, from_id: int) -> list[TailEntry]:
    # Tampering may leave ever so many: a long look takes them in turn, so that none hides the others.
    told = (entry for entry in tail.read_tail() if from_id <= entry.id <= last_id)
    return heapq.nsmallest(MOST_ENTRIES, told, key=lambda entry: entry.id)


def _next_group(left: Sequence[TailEntry], last: SealRow) -> tuple[_Group, list[TailEntry]]:
    stored = seal_that_covers(left[0].id, before=last.number + 1)
    seal = None if stored is None else stored.seal
    if seal is None or judged(seal) is not None:
        return _Group(None, [left[0]]), list(left[1:])
    inside = [entry for entry in left if seal.first_id <= entry.id <= seal.last_id]
    outside = [entry for entry in left if not seal.first_id <= entry.id <= seal.last_id]
    return _Group(seal, inside), outside


def _proven(seal: SealRow, ids: Collection[int]) -> list[_Proven]:
    told = [_rows_of(seal)]
    late = [row_id for row_id in ids if is_in(seal.missing, row_id)]
    if late:
        told += [_rows_of(other) for other in _late_seals(late, after=seal.number) if judged(other) is None]
    return told


def _late_seals(ids: Collection[int], *, after: int) -> list[SealRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number FROM audit_auditseal WHERE number > %s AND number <= %s AND late <> '[]'::jsonb"
            " AND EXISTS (SELECT FROM jsonb_array_elements_text(late) AS one WHERE one::bigint = ANY(%s)) LIMIT %s",
            [after, after + LATE_WITHIN_SEALS, sorted(ids), MANY_SEALS],
        )
        numbers = [number for (number,) in cursor.fetchall()]
    found = [stored.seal for number in numbers for stored in seals_from(number, limit=1)]
    return [seal for seal in found if seal is not None]


def _rows_of(seal: SealRow) -> _Proven:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, mac FROM audit_auditevent WHERE id BETWEEN %s AND %s OR id = ANY(%s)",
            [seal.first_id, seal.last_id, list(seal.late)],
        )
        stored = sorted((row_id, bytes(mac)) for row_id, mac in cursor.fetchall())
    rows = [row for row in stored if not is_in(seal.missing, row[0])]
    return _Proven(frozenset(rows), frozenset(row_id for row_id, _ in rows), rows_digest(rows) == seal.rows_digest)


def _count(settled: Settled, entries: Iterable[TailEntry], proven: Sequence[_Proven]) -> None:
    covered: set[Row] = set()
    for entry in entries:
        over = [one for one in proven if entry.id in one.ids]
        if any(one.is_right and (entry.id, entry.mac) in one.rows for one in over):
            covered.add((entry.id, entry.mac))
        elif over:
            settled.refuted += 1
            settled.first_refuted = entry.id if settled.first_refuted is None else settled.first_refuted
    if covered:
        tail.prune(covered)
        settled.pruned += len(covered)
