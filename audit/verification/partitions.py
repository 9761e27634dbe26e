"""Reading how the log is partitioned, and what lies where it should not."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from psycopg import sql

from audit.verification.months import OTHER, PARENT, Bounds, month_of, partition_of
from audit.verification.reading import IN_OUR_TIME, MICROSECONDS, StoredRow, instant_from, rows_with
from audit.verification.rules import Run

MISPLACED_LIMIT = 10_000
A_DAY = timedelta(days=1)  # longer than an act takes from its instant to its commit


@dataclass(frozen=True)
class Partitions:
    """What is attached, and which months lie in the default partition."""

    attached: frozenset[str]
    months_in_other: frozenset[str]


def partitions() -> Partitions:
    """Read the partitions of the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = %s::regclass",
            [PARENT],
        )
        attached = frozenset(row[0] for row in cursor.fetchall())
        months: frozenset[str] = frozenset()
        if OTHER in attached:
            cursor.execute(
                f"SELECT DISTINCT (extract(epoch FROM date_trunc('month', at, 'UTC')) * 1000000)::bigint FROM {OTHER}"  # noqa: S608 - our own words
                f" WHERE {IN_OUR_TIME}"
            )
            found = (instant_from(row[0]) for row in cursor.fetchall())
            months = frozenset(partition_of(at) for at in found if at is not None)
    return Partitions(attached, months)


def bounds_of(run: Run, *, now: datetime) -> Bounds:
    """Give the instants between which a run was written: those of the rows around it, else of its seals."""
    before = _instant(_BEFORE, run.first)
    after = _instant(_AFTER, run.last)
    if before is None:
        sealed = None if run.seal is None else _instant(_SEALED, run.seal)
        before = None if sealed is None else sealed - A_DAY
    if after is None:
        after = None if run.last_seal is None else _instant(_SEALED, run.last_seal)
    after = after or now
    before = before or after - A_DAY
    return Bounds(run, min(before, after), max(before, after))


_BEFORE = f"SELECT {MICROSECONDS} FROM {PARENT} WHERE id < %s AND {IN_OUR_TIME} ORDER BY id DESC LIMIT 1"  # noqa: S608 - ours
_AFTER = f"SELECT {MICROSECONDS} FROM {PARENT} WHERE id > %s AND {IN_OUR_TIME} ORDER BY id LIMIT 1"  # noqa: S608 - ours
_SEALED = f"SELECT {MICROSECONDS} FROM audit_auditseal WHERE number = %s AND {IN_OUR_TIME}"  # noqa: S608 - our own words


def _instant(query: str, value: int) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(query, [value])
        row = cursor.fetchone()
    return None if row is None else instant_from(row[0])


def stands_detached(partition: str) -> bool:
    """Tell whether a table of this name stands beside the log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [partition])
        row = cursor.fetchone()
    return row is not None and bool(row[0])


_IDS = "SELECT id FROM {0} WHERE id IS NOT NULL AND"
_OUTSIDE = f"({_IDS} at < %s LIMIT %s) UNION ({_IDS} at >= %s LIMIT %s)"
_INSIDE = f"{_IDS} at >= %s AND at < %s LIMIT %s"


def misplaced_rows(attached: Collection[str]) -> list[StoredRow]:
    """Give rows that lie in the partition of a month that is not theirs, or in the default one though theirs is there.

    The database's own bound of a partition is what somebody got round, so the planner may not trust it.
    """
    places: set[tuple[int, str]] = set()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL constraint_exclusion = off")
        for partition in sorted(attached):
            month = month_of(partition)
            if month is None:
                continue
            first = datetime(month[0], month[1], 1, tzinfo=UTC)
            later = datetime(month[0] + month[1] // 12, month[1] % 12 + 1, 1, tzinfo=UTC)
            outside = sql.SQL(_OUTSIDE).format(sql.Identifier(partition))
            cursor.execute(outside, [first, MISPLACED_LIMIT, later, MISPLACED_LIMIT])
            places.update((row_id, partition) for (row_id,) in cursor.fetchall())
            if OTHER in attached:
                cursor.execute(sql.SQL(_INSIDE).format(sql.Identifier(OTHER)), [first, later, MISPLACED_LIMIT])
                places.update((row_id, OTHER) for (row_id,) in cursor.fetchall())
    ids = {row_id for row_id, _ in places}
    return [row for row in rows_with(ids) if (row.row_id, row.partition) in places]
