"""Accepting that the log was brought back from a backup."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import transaction

from audit.heads import Head, append_heads, read_heads
from audit.models import AuditSeal
from audit.rules import Actor
from audit.states import EventKind
from audit.steps import record
from audit.tail import read_tail
from audit.verification.reading import macs_of


class RestoreReason(StrEnum):
    """Why the database was brought back from a backup."""

    HARDWARE_FAILED = "hardware_failed"
    DATA_CORRUPTED = "data_corrupted"
    MOVED = "moved"
    DRILL = "drill"


class NothingLost(ValueError):  # noqa: N818 - it says what is so
    """The heads file tells of nothing that the database lacks: there is no break to accept."""


@dataclass(frozen=True)
class RestoreAccepted:
    """The break that was accepted; the old files lie beside the new ones."""

    lost_number: int
    lost_hash: str
    kept_number: int
    put_away: tuple[Path, ...]


def accept_restore(*, reason: RestoreReason, now: datetime) -> RestoreAccepted:
    """Begin a new heads file and journal after a restore; the log tells for ever what was lost, and why.

    Rule:   LOG-1. The portal is stopped, so that no process goes on writing into a journal that is put away.
    Raises: NothingLost when all that heads file and journal tell of is in the database; OSError.
    Writes: AuditEvent; the heads file and the journals are renamed, with the instant in their names.
    """
    kept = AuditSeal.objects.order_by("-number").first()
    lost = _lost(read_heads(), kept)
    _record(lost, 0 if kept is None else kept.number, reason, now)
    # After the commit: a crash in between leaves the old files, verification finds the break, and it is accepted anew.
    put_away = _put_away(now)
    if kept is not None:
        append_heads([Head(number=kept.number, hash=bytes(kept.hash), last_id=kept.last_id, at=kept.at)])
    return RestoreAccepted(lost.number, lost.hash.hex(), 0 if kept is None else kept.number, put_away)


def _lost(heads: list[Head], kept: AuditSeal | None) -> Head:
    last = max(heads, key=lambda head: head.number, default=None)
    kept_number, kept_hash = (0, b"") if kept is None else (kept.number, bytes(kept.hash))
    is_other = any(head.number == kept_number and head.hash != kept_hash for head in heads)
    is_behind = last is not None and last.number > kept_number
    if last is None or not (is_other or is_behind or _journal_is_ahead()):
        raise NothingLost("The heads file and the journal tell of nothing that the database lacks.")
    return last


def _journal_is_ahead() -> bool:
    told = {entry.id: entry.mac for entry in read_tail()}
    there = macs_of(told.keys())
    return any(mac not in there.get(row_id, set()) for row_id, mac in told.items())


@transaction.atomic(durable=True)
def _record(lost: Head, kept_number: int, reason: RestoreReason, now: datetime) -> None:
    record(
        kind=EventKind.RESTORE_ACCEPTED,
        actor=Actor.system(),
        subject_id=None,
        at=now,
        facts={
            "reason": reason.value,
            "lost_number": lost.number,
            "lost_hash": lost.hash.hex(),
            "kept_number": kept_number,
        },
    )


def _put_away(now: datetime) -> tuple[Path, ...]:
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    files = [Path(settings.AUDIT_HEADS_FILE), *sorted(Path(settings.AUDIT_TAIL_DIR).glob("*.tail"))]
    put_away = []
    for file in files:
        if file.exists():
            # Copied and removed, not renamed: a process that has it open finds it gone and begins a new one.
            put_away.append(Path(shutil.copy2(file, file.with_name(f"{file.name}.before-restore-{stamp}"))))
            file.unlink()
    return tuple(put_away)
