"""Reading what verification and export examine, in one snapshot of the database."""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from audit.models import AuditSeal
from audit.models.audit_event import OUR_TIME
from audit.sql import ROW_MESSAGE
from audit.verification.months import PARENT
from audit.verification.rules import SealRow, late_from, signatures_from, spans_from

FIRST_ID: Final = -(2**63)
LAST_ID: Final = 2**63 - 1
ROWS_AT_ONCE: Final = 5_000

IN_OUR_TIME: Final = f"at >= '{OUR_TIME[0].isoformat()}' AND at < '{OUR_TIME[1].isoformat()}'"
# A row that no constraint of ours let in would end the reading with an error instead of a finding.
MESSAGE: Final = f"coalesce(CASE WHEN isfinite(at) THEN {ROW_MESSAGE} END, '')"
MICROSECONDS: Final = f"CASE WHEN {IN_OUR_TIME} THEN (extract(epoch FROM at) * 1000000)::bigint END"

Period = tuple[datetime, datetime]
"""Two aware instants; the first is inside, the second is not."""
KeyedRow = tuple[int, bytes, bytes]
"""Id; id and keyed hash, 8 and 34 bytes unless somebody changed it; message."""


@dataclass(frozen=True)
class StoredSeal:
    """A seal's number, and the seal unless its columns cannot be a seal's."""

    number: int
    seal: SealRow | None


@dataclass(frozen=True)
class StoredRow:
    """One row and where it lies."""

    row_id: int
    partition: str
    mac: bytes
    message: bytes


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything inside sees the database as of one instant, writes nothing, and may take long.

    Raises: RuntimeError inside a transaction.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def seals_from(number: int, *, limit: int) -> list[StoredSeal]:
    """Give the seals from a number on, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, {MICROSECONDS}, first_id, last_id, row_count, missing::text, late::text, rows_digest,"  # noqa: S608 - our own constant
            " previous, hash, signatures::text FROM audit_auditseal WHERE number >= %s ORDER BY number LIMIT %s",
            [number, limit],
        )
        return [_seal(row) for row in cursor.fetchall()]


def _seal(row: Sequence[Any]) -> StoredSeal:
    number, at_us, first_id, last_id, row_count, missing, late, rows_digest, previous, seal_hash, signatures = row
    if any(value is None for value in row):
        return StoredSeal(number, None)
    spans, ids = spans_from(json.loads(missing)), late_from(json.loads(late))
    signed = signatures_from(json.loads(signatures))
    at = instant_from(at_us)
    if spans is None or ids is None or signed is None or at is None:
        return StoredSeal(number, None)
    digests = bytes(rows_digest), bytes(previous), bytes(seal_hash)
    return StoredSeal(number, SealRow(number, at, first_id, last_id, row_count, spans, ids, *digests, signed))


def instant_from(microseconds: int) -> datetime | None:
    """Give an instant; ``None`` beyond the calendar."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def keyed_rows(first_id: int, last_id: int) -> Iterator[KeyedRow]:
    """Give the rows of a range by ascending id, as they come from the database."""
    condition = f"id BETWEEN {first_id:d} AND {last_id:d}"
    query = f"SELECT id, mac, convert_to({MESSAGE}, 'UTF8') FROM {PARENT} WHERE {condition} ORDER BY id"  # noqa: S608 - ours
    # No COPY: while one runs, the connection takes no other statement, and a keyed hash may have the keys read anew.
    with connection.chunked_cursor() as cursor:
        cursor.cursor.execute(query, binary=True)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for row_id, mac, message in rows:
                yield row_id, row_id.to_bytes(8, "big", signed=True) + (mac or b""), message


def rows_between(first_id: int, last_id: int) -> list[StoredRow]:
    """Give the rows of a range and where they lie."""
    return _stored_rows("id BETWEEN %s AND %s", [first_id, last_id])


def rows_with(ids: Collection[int]) -> list[StoredRow]:
    """Give the rows that have one of these ids, and where they lie."""
    return _stored_rows("id = ANY(%s)", [list(ids)]) if ids else []


def _stored_rows(condition: str, values: list[Any]) -> list[StoredRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, tableoid::regclass::text, mac, {MESSAGE} FROM {PARENT} WHERE {condition} ORDER BY id",  # noqa: S608 - our own words
            values,
        )
        return [StoredRow(row[0], row[1], bytes(row[2] or b""), (row[3] or "").encode()) for row in cursor.fetchall()]


def macs_of(ids: Collection[int]) -> dict[int, set[bytes]]:
    """Give the keyed hashes of the rows that have one of these ids."""
    found: dict[int, set[bytes]] = {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, mac FROM {PARENT} WHERE id = ANY(%s)", [list(ids)])  # noqa: S608 - our own words
        for row_id, mac in cursor.fetchall():
            found.setdefault(row_id, set()).add(bytes(mac or b""))
    return found


def seal_that_covers(row_id: int, *, before: int) -> StoredSeal | None:
    """Give the seal in whose range an id lies, the nearest before a number."""
    number = (
        AuditSeal.objects.filter(number__lt=before, first_id__lte=row_id, last_id__gte=row_id)
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    return None if number is None else seals_from(number, limit=1)[0]


def last_row_id() -> int | None:
    """Give the highest id in the log; ``None`` when it is empty."""
    found: int | None = scalar(f"SELECT max(id) FROM {PARENT}", [])  # noqa: S608 - our own words
    return found


def rows_from(number: int) -> int:
    """Count the rows that verification from a seal on will examine, by what the seals say."""
    sealed = scalar("SELECT coalesce(sum(row_count), 0)::bigint FROM audit_auditseal WHERE number >= %s", [number])
    unsealed = scalar(
        f"SELECT count(*) FROM {PARENT} WHERE id > coalesce((SELECT max(last_id) FROM audit_auditseal), 0)",  # noqa: S608 - our own words
        [],
    )
    return int(sealed) + int(unsealed)


def keyed_rows_with(ids: Collection[int]) -> list[KeyedRow]:
    """Give the rows that have one of these ids as ``keyed_rows`` does."""
    return [(row.row_id, row.row_id.to_bytes(8, "big", signed=True) + row.mac, row.message) for row in rows_with(ids)]


def rows_without_values(*, is_whole: bool) -> list[tuple[str, int]]:
    """Count by partition the rows that lack what every row has.

    Unless the whole log is asked for, only those without an id, which no range of ids holds: the rest is in some range.
    A row is counted by a function, as the planner would take a column's NOT NULL for granted.
    """
    condition = "num_nulls(id, at, kind, actor_kind, facts, mac) > 0" if is_whole else "id IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT tableoid::regclass::text, count(*) FROM {PARENT} WHERE {condition} GROUP BY 1 ORDER BY 1"  # noqa: S608 - our own words
        )
        return [(str(partition), int(count)) for partition, count in cursor.fetchall()]


def scalar(query: str, values: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
        return None if row is None else row[0]
