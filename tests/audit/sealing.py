"""What the tests of sealing share."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import connection, transaction

from audit.api import Actor, EventKind, record
from audit.models import AuditEvent, AuditSeal
from audit.rules import row_message, rows_digest, seal_message
from audit.sealer import SealSignature, sealer
from hsm.log_sealer import LogSealer


class KeysAreAwayError(Exception):
    """What the sealer below raises."""


class SealerThatIsAway(LogSealer):
    """A sealer whose signing keys are out of reach; rows are keyed as ever."""

    @property
    def away(self) -> tuple[type[Exception], ...]:
        return (KeysAreAwayError,)

    def seal_signatures(self, message: bytes) -> list[SealSignature]:
        raise KeysAreAwayError


def record_one(at: datetime, *, subject: int = 1) -> int:
    """One event, in the transaction that is open."""
    return record(kind=EventKind.LOGIN_SUCCEEDED, actor=Actor.system(), subject_id=UUID(int=subject), at=at)


def committed(at: datetime, count: int = 1) -> list[int]:
    """Events, each committed by itself."""
    ids = []
    for _ in range(count):
        with transaction.atomic():
            ids.append(record_one(at))
    return ids


def rolled_back(at: datetime, count: int = 1) -> list[int]:
    """Ids that were drawn and given up."""
    with transaction.atomic():
        ids = [record_one(at) for _ in range(count)]
        transaction.set_rollback(True)
    return ids


def skipped_ids(count: int) -> list[int]:
    """Ids drawn from the sequence, to be used later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('audit_auditevent_id_seq') FROM generate_series(1, %s)", [count])
        return [row_id for (row_id,) in cursor.fetchall()]


def written(at: datetime, ids: Iterable[int]) -> None:
    """Rows as the portal writes them, under ids of one's own choice and past its journal."""
    kind, actor = EventKind.LOGIN_SUCCEEDED, Actor.system()
    rows = []
    for row_id in ids:  # before the copying: the keys may have to be read over the same connection
        message = row_message(row_id=row_id, at=at, kind=kind, actor=actor, subject_id=None, facts={})
        rows.append((row_id, at, kind.value, actor.kind.value, "{}", sealer().row_mac(message)))
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY audit_auditevent (id, at, kind, actor_kind, facts, mac) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def forged(at: datetime, row_id: int) -> None:
    """A row that whoever has the portal's role in the database adds by hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditevent (id, at, kind, actor_kind, facts, mac)"
            " VALUES (%s, %s, 'identities.identity_blocked', 'system', '{}', decode(repeat('00', 34), 'hex'))",
            [row_id, at],
        )


def without_triggers(*statements: str) -> None:
    """Statements of somebody who has all rights on the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")


def seals() -> list[AuditSeal]:
    """All seals in order."""
    return list(AuditSeal.objects.order_by("number"))


def covered(seal: AuditSeal) -> list[int]:
    """The ids that a seal says it covers."""
    gone = {row_id for low, high in seal.missing for row_id in range(max(low, seal.first_id), high + 1)}
    return sorted({*range(seal.first_id, seal.last_id + 1)} - gone | set(seal.late))


def every_seal_holds() -> None:
    """The chain is whole, and each row up to its end is in exactly one seal, with its keyed hash."""
    macs = {row_id: bytes(mac) for row_id, mac in AuditEvent.objects.values_list("id", "mac")}
    previous, next_id, times = bytes(32), 1, Counter[int]()
    for number, seal in enumerate(seals(), 1):
        assert (seal.number, bytes(seal.previous), seal.first_id) == (number, previous, next_id)
        ids = covered(seal)
        times.update(ids)
        assert seal.row_count == len(ids)
        assert bytes(seal.rows_digest) == rows_digest((row_id, macs[row_id]) for row_id in ids)
        message = seal_message(
            **{name: getattr(seal, name) for name in ("number", "at", "first_id", "last_id", "row_count")},
            missing=seal.missing,
            late=seal.late,
            rows_digest=bytes(seal.rows_digest),
            previous=previous,
        )
        previous, next_id = sha256(message).digest(), seal.last_id + 1
        assert bytes(seal.hash) == previous
        assert {entry["key"] for entry in seal.signatures} == sealer().required_keys()
    assert set(times.values()) <= {1}
    assert set(times) == {row_id for row_id in macs if row_id < next_id}
