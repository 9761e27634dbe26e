"""Accepting that the log was brought back from a backup."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from audit.heads import Head, append_heads, read_heads
from audit.models import AuditSeal
from audit.rules import Actor
from audit.states import EventKind
from audit.steps import record
from audit.tail import read_tail
from audit.verification.reading import macs_of

COMPARED_HEADS: Final = 10_000


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

    Best before the sealer runs again; what was sealed meanwhile stays, and the break is told of where it was.

    Rule:   LOG-1. The portal is stopped, so that no process goes on writing into a journal that is put away.
    Raises: NothingLost when all that heads file and journal tell of is in the database; OSError.
    Writes: AuditEvent; the heads file and the journals are renamed, with the instant in their names.
    """
    newest = AuditSeal.objects.order_by("-number").first()
    break_ = _break(0 if newest is None else newest.number)
    _record(break_, reason, now)
    # After the commit: a crash in between leaves the old files, verification finds the break, and it is accepted anew.
    put_away = _put_away(now)
    if newest is not None:
        append_heads([Head(number=newest.number, hash=bytes(newest.hash), last_id=newest.last_id, at=newest.at)])
    return RestoreAccepted(break_.lost.number, break_.lost.hash.hex(), break_.kept_number, put_away)


@dataclass(frozen=True)
class _Break:
    """The last seal that is lost, and the last before the first lost one."""

    lost: Head
    kept_number: int


def _break(newest_number: int) -> _Break:
    """Find where what the heads file tells of leaves what the database holds.

    Also when the sealer has gone on since, and numbers were given twice: each head is held against its own seal.
    """
    heads = read_heads()
    lost = list(_lost(heads))
    if lost:
        return _Break(max(lost, key=_number), min(map(_number, lost)) - 1)
    if heads and _journal_is_ahead():
        return _Break(max(heads, key=_number), newest_number)
    raise NothingLost("The heads file and the journal tell of nothing that the database lacks.")


def _lost(heads: list[Head]) -> Iterator[Head]:
    for first in range(0, len(heads), COMPARED_HEADS):
        batch = heads[first : first + COMPARED_HEADS]
        stored = AuditSeal.objects.filter(number__in={head.number for head in batch})
        hashes = {number: bytes(value) for number, value in stored.values_list("number", "hash")}
        yield from (head for head in batch if hashes.get(head.number) != head.hash)


def _number(head: Head) -> int:
    return head.number


def _journal_is_ahead() -> bool:
    told = {entry.id: entry.mac for entry in read_tail()}
    there = macs_of(told.keys())
    return any(mac not in there.get(row_id, set()) for row_id, mac in told.items())


@transaction.atomic(durable=True)
def _record(break_: _Break, reason: RestoreReason, now: datetime) -> None:
    record(
        kind=EventKind.RESTORE_ACCEPTED,
        actor=Actor.system(),
        subject_id=None,
        at=now,
        facts={
            "reason": reason.value,
            "lost_number": break_.lost.number,
            "lost_hash": break_.lost.hash.hex(),
            "kept_number": break_.kept_number,
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
