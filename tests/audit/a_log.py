"""A small log with everything that a log has, written without the portal's sealer, and an attacker's hands on it.

Seals over 1-14, 15-28, 29-42, 43-50 and 51-58; behind them 59-70, which the journal tells of. Ids 7, 8, 48 and 66 were
never there; 25 was missing at its seal and came late, in seal 4. October ends with row 35.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from audit.heads import Head
from audit.rules import NO_SEAL, Actor, missing_between, row_message, rows_digest, seal_message
from audit.sealer import sealer
from audit.states import ActorKind, EventKind
from audit.tail import TailEntry
from audit.verification.examination import Examination
from audit.verification.export_format import signature_entry
from audit.verification.findings import Finding, FindingKind

LAST: Final = 70
GAPS: Final = frozenset({7, 8, 48, 66})
LATE: Final = 25
RANGES: Final = ((1, 14), (15, 28), (29, 42), (43, 50), (51, 58))
SEALED: Final = 58
OCTOBER_ENDS: Final = 35
IDS: Final = tuple(row_id for row_id in range(1, LAST + 1) if row_id not in GAPS)
NOVEMBER: Final = datetime(2026, 11, 1, tzinfo=UTC)
OCTOBER_TABLE: Final = "audit_auditevent_y2026m10"
NOVEMBER_TABLE: Final = "audit_auditevent_y2026m11"
NOW: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
COLUMNS: Final = (
    *("id", "at", "kind", "actor_kind", "actor_id", "office_id", "organisation_id", "subject_id", "facts", "mac"),
)


def at_of(row_id: int) -> datetime:
    """The instant of a row: every eight hours, so that October ends between rows 35 and 36."""
    return NOVEMBER + timedelta(hours=8 * (row_id - OCTOBER_ENDS) - 5)


def event(row_id: int, **changes: Any) -> dict[str, Any]:
    """A row as the portal writes it, every column filled."""
    actor = Actor(ActorKind.OFFICER, UUID(int=row_id), office_id=UUID(int=3), organisation_id=UUID(int=4))
    row: dict[str, Any] = {
        "id": row_id,
        "at": at_of(row_id),
        "kind": EventKind.IDENTITY_BLOCKED.value,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "office_id": actor.office_id,
        "organisation_id": actor.organisation_id,
        "subject_id": UUID(int=1000 + row_id),
        "facts": {"by": "support", "tries": row_id % 5, "is_first": True},
    } | changes
    if "mac" not in row:
        who = Actor(ActorKind(row["actor_kind"]), row["actor_id"], row["office_id"], row["organisation_id"])
        message = row_message(
            row_id=row["id"],
            at=row["at"],
            kind=row["kind"],
            actor=who,
            subject_id=row["subject_id"],
            facts=row["facts"],
        )
        row["mac"] = sealer().row_mac(message)
    return row


def insert(rows: Iterable[dict[str, Any]], table: str = "audit_auditevent") -> None:
    """Put rows in, past the portal."""
    values: list[list[Any]] = [[Jsonb(row[n]) if n == "facts" else row[n] for n in COLUMNS] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})", values
        )


def sealed(number: int, first: int, last: int, previous: bytes, late: tuple[int, ...] = ()) -> dict[str, Any]:
    """A seal over the rows that are there, as the contract of the log has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, mac FROM audit_auditevent WHERE id BETWEEN %s AND %s OR id = ANY(%s) ORDER BY id",
            [first, last, list(late)],
        )
        rows = [(row_id, bytes(mac)) for row_id, mac in cursor.fetchall()]
    here = [row_id for row_id, _ in rows if first <= row_id <= last]
    if number == 2:
        here = [row_id for row_id in here if row_id != LATE]
        rows = [row for row in rows if row[0] != LATE]
    fields: dict[str, Any] = {
        "number": number,
        "at": at_of(last) + timedelta(seconds=5),
        "first_id": first,
        "last_id": last,
        "row_count": len(rows),
        "missing": missing_between(first, last, here),
        "late": list(late),
        "rows_digest": rows_digest(rows),
        "previous": previous,
    }
    return with_signatures(fields)


def with_signatures(fields: dict[str, Any]) -> dict[str, Any]:
    """Hash and sign a seal's fields with the genuine keys."""
    message = seal_message(**{name: value for name, value in fields.items() if name not in {"hash", "signatures"}})
    signatures = [signature_entry(signature) for signature in sealer().seal_signatures(message)]
    return fields | {"hash": hash_of(message), "signatures": signatures}


def hash_of(message: bytes) -> bytes:
    """SHA-256."""
    return sha256(message).digest()


def insert_seal(seal: dict[str, Any]) -> None:
    """Put a seal in."""
    values: dict[str, Any] = {name: Jsonb(value) if isinstance(value, list) else value for name, value in seal.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_auditseal ({', '.join(values)}) VALUES ({', '.join(['%s'] * len(values))})",
            list(values.values()),
        )


class Log:
    """What was built, and the witnesses outside the database."""

    def __init__(self) -> None:
        self.heads: list[Head] = []
        self.journal: list[TailEntry] = []
        self.seals: list[dict[str, Any]] = []

    def build(self) -> None:
        """Write it all."""
        with connection.cursor() as cursor:
            for month in (10, 11):
                cursor.execute("SELECT audit_make_partition(%s)", [date(2026, month, 1)])
        insert(event(row_id) for row_id in IDS)
        previous = NO_SEAL
        for number, (first, last) in enumerate(RANGES, 1):
            seal = sealed(number, first, last, previous, (LATE,) if number == 4 else ())
            insert_seal(seal)
            self.seals.append(seal)
            self.heads.append(Head(number, seal["hash"], last, seal["at"]))
            previous = seal["hash"]
        self.journal = [TailEntry(row_id, event(row_id)["mac"]) for row_id in IDS if row_id > SEALED]

    def findings(self, **changes: Any) -> list[Finding]:
        """Examine the log as it is now, in the transaction that is open."""
        from_seal = changes.pop("from_seal", 1)
        given: dict[str, Any] = {"heads": self.heads, "journal": self.journal, "now": NOW, "progress": None}
        examination = Examination(**(given | changes))
        examination.run(from_seal)
        return examination.findings


@contextmanager
def as_attacker() -> Iterator[None]:
    """Everything inside is done with all rights on the database, and undone afterwards."""
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        yield
        transaction.set_rollback(True)


def execute(statement: str, *values: Any) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def one(findings: list[Finding]) -> Finding:
    """The only finding."""
    assert len(findings) == 1, findings
    return findings[0]


def besides_guards(findings: list[Finding]) -> list[Finding]:
    """The findings of a log whose constraints were dropped first, without that they were: tested by itself."""
    return [found for found in findings if found.kind is not FindingKind.GUARD_GONE]


def place(found: Finding) -> tuple[Any, ...]:
    """What a test asks of a finding."""
    return found.kind, found.seal, found.first_id, found.last_id
