"""Exporting the log of a period for an auditor, so that it can be checked without us."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final
from zoneinfo import ZoneInfo

from django.db import transaction

from audit.rules import Actor, microseconds, rows_digest
from audit.sealer import sealer
from audit.states import EventKind
from audit.steps import record
from audit.verification.export_format import (
    FORMAT,
    event_entry,
    fingerprint,
    footer_entry,
    footer_message,
    key_entry,
    line,
    row_entry,
    seal_entry,
)
from audit.verification.extent import Extent, extent_of
from audit.verification.findings import Progress
from audit.verification.reading import (
    LAST_ID,
    KeyedRow,
    Period,
    keyed_rows,
    keyed_rows_with,
    seals_from,
    snapshot,
)
from audit.verification.rules import SealRow, is_in

DENMARK: Final = ZoneInfo("Europe/Copenhagen")
SEALS_AT_ONCE: Final = 500


class ExportRefused(RuntimeError):  # noqa: N818 - it says what is so
    """The log is not in a state in which it can be exported; verification says what is wrong."""


@dataclass(frozen=True)
class Export:
    """What was written."""

    events: int
    seals: int
    wrong_events: int
    """Events, and rows of other days, that do not fit their keyed hash; those under a seal are in the file, marked."""
    wrong_seals: int
    """Seals whose rows are not those that were sealed; whoever checks the file finds them."""
    sha256: str
    fingerprint: str


def export_log(*, first: date, end: date, file: Path, now: datetime, progress: Progress | None = None) -> Export:
    """Write the events of Danish days, from ``first`` to before ``end``, their seals and our signatures into a file.

    Rule:   LOG-1, LOG-2. The file is there whole or not at all, and only its owner may read it.
    Raises: ValueError for an empty period; ExportRefused; OSError; what ``sealer().away`` names.
    Writes: the file; AuditEvent.
    """
    if end <= first:
        raise ValueError("The period ends after it begins.")
    period = _midnight(first), _midnight(end)
    with _fresh_file(file) as stream:
        writer = _Writer(stream, period, progress)
        with snapshot():
            extent = extent_of(period)
            keys = [key_entry(key) for key in sealer().public_keys()]
            writer.put(_header(first=first, end=end, now=now, period=period, extent=extent, keys=keys))
            writer.total = extent.rows
            _put_body(writer, extent)
        if writer.events != extent.rows:
            raise ExportRefused("Events and seals do not fit together: verify the log first.")
        digest = writer.digest.digest()
        writer.put(footer_entry(digest, sealer().seal_signatures(footer_message(digest))))
        made = Export(writer.events, writer.seals, writer.wrong, writer.wrong_seals, digest.hex(), fingerprint(keys))
    _record(made, first, end, now)
    return made


class _Writer:
    def __init__(self, stream: BinaryIO, period: Period, progress: Progress | None) -> None:
        self._stream, self._progress = stream, progress
        self._from_us, self._to_us = map(microseconds, period)
        self._matches = sealer().row_mac_matches
        self.digest = sha256()
        self.total = self.events = self.seals = self.wrong = self.wrong_seals = 0

    def put(self, content: dict[str, Any]) -> None:
        written = line(content)
        self.digest.update(written)
        self._stream.write(written)

    def put_seal(self, seal: SealRow, rows: list[KeyedRow]) -> None:
        """Write a seal and what it covers: the events of the period, and of other rows what the digest needs."""
        self.put(seal_entry(seal))
        self.seals += 1
        self.wrong_seals += rows_digest((row_id, keyed[8:]) for row_id, keyed, _ in rows) != seal.rows_digest
        for row in rows:
            if self.is_in_period(row):
                self.put_event(row, seal.number)
            else:
                self.put(row_entry(row[0], row[1][8:], seal=seal.number, is_right=self.is_right(row)))

    def is_right(self, row: KeyedRow) -> bool:
        """Tell whether a row fits its keyed hash, and count it if not: of whatever day it says that it is."""
        _, keyed, message = row
        is_right = self._matches(message, keyed[8:])
        self.wrong += not is_right
        return is_right

    def put_event(self, row: KeyedRow, seal: int | None) -> None:
        _, keyed, message = row
        self.put(event_entry(message, keyed[8:], seal=seal, is_right=self.is_right(row)))
        self.events += 1
        if self._progress is not None and not self.events % 1000:
            self._progress(self.events, self.total)

    def is_in_period(self, row: KeyedRow) -> bool:
        """Tell by the row itself: which month's table it lies in is not asked."""
        instant = row[2].split(b"|", 2)[1:2]
        return bool(instant) and self._from_us <= int(instant[0]) < self._to_us


def _put_body(writer: _Writer, extent: Extent) -> None:
    gaps: dict[int, KeyedRow] = {}  # events of a gap, until the seal that calls them late; few
    next_id, number = extent.first_id, extent.first_seal
    while number and number <= extent.last_seal:
        stored = seals_from(number, limit=min(SEALS_AT_ONCE, extent.last_seal - number + 1))
        seals = [each.seal for each in stored if each.seal is not None and each.number <= extent.last_seal]
        if not stored or len(seals) != len(stored):
            raise ExportRefused("A seal cannot be read: verify the log first.")
        last_id = max(next_id - 1, seals[-1].last_id)
        _put_seals(writer, seals, keyed_rows(next_id, last_id), gaps)
        next_id, number = last_id + 1, stored[-1].number + 1
    for row in gaps.values():
        writer.put_event(row, None)
    for row in keyed_rows(next_id, LAST_ID) if extent.is_to_the_end else ():
        if writer.is_in_period(row):
            writer.put_event(row, None)
        else:
            writer.is_right(row)  # one that was moved out of the period is at least counted


def _put_seals(writer: _Writer, seals: list[SealRow], rows: Iterator[KeyedRow], gaps: dict[int, KeyedRow]) -> None:
    late = _by_id(keyed_rows_with([row_id for seal in seals for row_id in seal.late]))
    row = next(rows, None)
    for seal in seals:
        covered = [each for row_id in seal.late for each in late.get(row_id, [])]
        for row_id in seal.late:
            gaps.pop(row_id, None)
        while row is not None and row[0] <= seal.last_id:
            if row[0] >= seal.first_id and not is_in(seal.missing, row[0]):
                covered.append(row)
            elif writer.is_in_period(row):
                gaps[row[0]] = row
            row = next(rows, None)
        writer.put_seal(seal, covered)


def _by_id(rows: Iterable[KeyedRow]) -> dict[int, list[KeyedRow]]:
    found: dict[int, list[KeyedRow]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def _header(
    *, first: date, end: date, now: datetime, period: Period, extent: Extent, keys: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "type": "header",
        "format": FORMAT,
        "from": first.isoformat(),
        "to": end.isoformat(),
        "time_zone": str(DENMARK),
        "from_instant": period[0].isoformat(),
        "to_instant": period[1].isoformat(),
        "made_at": now.isoformat(timespec="microseconds"),
        "events": extent.rows,
        "seals": extent.last_seal - extent.first_seal + 1 if extent.first_seal else 0,
        "first_seal": extent.first_seal or None,
        "last_seal": extent.last_seal or None,
        "keys": keys,
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=DENMARK)


@contextmanager
def _fresh_file(file: Path) -> Iterator[BinaryIO]:
    fresh = file.with_name(f".{file.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


@transaction.atomic(durable=True)
def _record(made: Export, first: date, end: date, now: datetime) -> None:
    record(
        kind=EventKind.LOG_EXPORTED,
        actor=Actor.system(),
        subject_id=None,
        at=now,
        facts={
            "from_day": f"{first:%Y-%m-%d}",
            "to_day": f"{end:%Y-%m-%d}",
            "events": made.events,
            "sha256": made.sha256,
        },
    )
