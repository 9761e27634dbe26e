"""Everything protected is made anew with the active keys, while the system works."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from hsm import events
from hsm.columns import IndexColumn, SealedColumn, SeedColumn, described
from hsm.keyring import forget_keyring, keyring
from hsm.models import DataKey, KeyVersion, RewrapProgress
from hsm.protected_rows import (
    BATCH_ROWS,
    DOES_NOT_OPEN,
    Finding,
    Progress,
    ProtectedTable,
    Row,
    protected_tables,
    unwatched,
)
from hsm.renewing import renewed
from hsm.states import KeyName, KeyState
from hsm.steps.ceremonies import known_after
from hsm.swapping import Swap, swapped
from hsm.vouching import column_of, name_of, renew_vouchers
from hsm.wrapped_keys import rewrap_keys

LOCK: Final = 0x6D697469645F7277
"""Advisory lock of the database: one run at a time."""
LATER_PASSES: Final = 5
PAUSE_BETWEEN_PASSES_SECONDS: Final = 0.5


class AlreadyRunning(Exception):  # noqa: N818 - it says what is so
    """Another run holds the lock."""


@dataclass
class Rewrapped:
    """What a run did: values renewed by column, values that do not open, and rows that were never free."""

    renewed: Counter[str] = field(default_factory=Counter)
    findings: set[Finding] = field(default_factory=set)
    left: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left under an older version of what can be renewed."""
        return not self.findings and not self.left


def rewrap(
    *,
    now: datetime,
    batch_rows: int = BATCH_ROWS,
    pause_seconds: float = 0.0,
    progress: Progress = unwatched,
    sleep: Callable[[float], None] = time.sleep,
) -> Rewrapped:
    """Renew data keys, private halves, seeds, sealed columns and blind indexes under the active versions.

    Rows are read without locks and written by compare-and-swap. A first pass goes on where a killed run stopped.
    A process may seal with an older version until it reads the keys anew; so further passes start when that time
    is over, and end with one that finds nothing to do.

    Rule:    KEY-1, KEY-3.
    Returns: what was done; values that do not open are told by column and key, and the rest goes on.
    Raises:  AlreadyRunning; HsmUnavailable, and then the next run goes on from there.
    Locks:   the database's advisory lock, for the session; rows for the time of one statement.
    Writes:  every protected table, DataKey, KeyVersion, RewrapProgress, AuditEvent.
    """
    began = time.monotonic()
    with _alone():
        forget_keyring()
        with transaction.atomic(durable=True):
            events.rewrap_started(now=now)
        done = Rewrapped()
        run = _Run(done=done, batch_rows=batch_rows, pause_seconds=pause_seconds, progress=progress, sleep=sleep)
        run.keys()
        tables = protected_tables(SealedColumn, IndexColumn, SeedColumn)
        for table in tables:
            run.first_pass(table)
        if _has_older_versions():
            sleep(max(0.0, _seconds_until_all_know(now) - (time.monotonic() - began)))
            forget_keyring()
            run.later_passes(tables)
        ended_at = now + timedelta(seconds=time.monotonic() - began)
        with transaction.atomic(durable=True):
            RewrapProgress.objects.all().delete()
            events.rewrap_finished(
                renewed=done.renewed.total(), unopened=len(done.findings), left=done.left, at=ended_at
            )
        return done


@dataclass(frozen=True)
class _Run:
    done: Rewrapped
    batch_rows: int
    pause_seconds: float
    progress: Progress
    sleep: Callable[[float], None]

    def keys(self) -> None:
        """Renew what the module encrypted of keys."""
        counts, findings = rewrap_keys()
        self.done.renewed.update(counts)
        self.done.findings.update(findings)
        renewed, changed = renew_vouchers()
        self.done.renewed.update(renewed)
        self.done.findings.update(Finding(column_of(row), name_of(row)) for row in changed)

    def first_pass(self, table: ProtectedTable) -> None:
        """Renew a table from where a run with the same targets stopped."""
        targets = _targets()
        stored = RewrapProgress.objects.filter(table=table.label, targets=targets).first()
        if stored is None:
            RewrapProgress.objects.filter(table=table.label).delete()
            stored = RewrapProgress(table=table.label, targets=targets, last_key="", rows_read=0)
        self._pass(table, stored)

    def later_passes(self, tables: list[ProtectedTable]) -> None:
        """Renew what was written meanwhile, until a pass finds nothing."""
        for turn in range(LATER_PASSES):
            if turn:
                self.sleep(PAUSE_BETWEEN_PASSES_SECONDS)
            before = self.done.renewed.total()
            self.done.left = sum(self._pass(table) for table in tables)
            if not self.done.left and self.done.renewed.total() == before:
                break

    def _pass(self, table: ProtectedTable, stored: RewrapProgress | None = None) -> int:
        """Read a table and renew what is old; gives how many rows were passed over for somebody else's work."""
        left = 0
        key = described(table.model).pk.to_python(stored.last_key) if stored and stored.last_key else None
        self.progress(table.label, rows=stored.rows_read if stored else 0, total=table.size())
        while not (stored and stored.is_read):
            rows = table.rows_after(key, limit=self.batch_rows)
            swaps = [swap for row in rows if (swap := self._swap(table, row)) is not None]
            with transaction.atomic(durable=True):
                left += len(swaps) - self._write(table, swaps)
                if stored is not None:
                    _advance(stored, rows)
            if not rows:
                break
            key = rows[-1]["pk"]
            self.progress(table.label, rows=len(rows))
            if swaps and self.pause_seconds:
                self.sleep(self.pause_seconds)
        return left

    def _swap(self, table: ProtectedTable, row: Row) -> Swap | None:
        new: dict[str, bytes] = {}
        for column in table.columns:
            try:
                new |= renewed(table, column, row)
            except DOES_NOT_OPEN:
                self.done.findings.add(Finding(column.name, str(row["pk"])))
        if not new:
            return None
        read = {name: _as_bytes(row[name]) for column in table.columns for name in column.renews()}
        return Swap(row["pk"], read, new)

    def _write(self, table: ProtectedTable, swaps: list[Swap]) -> int:
        """Write renewed values back; gives how many rows were written or can never be."""
        try:
            with transaction.atomic():
                written = swapped(table.model, swaps)
        except IntegrityError:
            if len(swaps) == 1:  # its new index is another row's: two rows for one value
                self.done.findings.update(Finding(f"{table.label}.{name}", str(swaps[0].key)) for name in swaps[0].new)
                return 1
            return sum(self._write(table, [swap]) for swap in swaps)
        for swap in swaps:
            if swap.key in written:
                self.done.renewed.update(f"{table.label}.{name}" for name in swap.new)
        return len(written)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if cursor.fetchone() != (True,):
            raise AlreadyRunning("A re-wrap is running.")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _targets() -> str:
    ring = keyring()
    names = (KeyName.LOOKUP, KeyName.SECRET_WRAP, KeyName.VERIFIER)
    versions = [f"data-key.{ring.active_data_key().version}", *(f"{name}.{ring.active(name)}" for name in names)]
    return " ".join(versions)


def _has_older_versions() -> bool:
    old = KeyState.VERIFY_ONLY
    return DataKey.objects.filter(state=old).exists() or _keys().filter(state=old).exists()


def _seconds_until_all_know(now: datetime) -> float:
    """Tell how long until no process can have read the keys before the active versions became so."""
    active = KeyState.ACTIVE
    data_keys = DataKey.objects.filter(state=active).values_list("since", flat=True)
    newest = max([*data_keys, *_keys().filter(state=active).values_list("since", flat=True)])
    longest = known_after().total_seconds()
    return min(longest, longest - (now - newest).total_seconds())


def _keys() -> QuerySet[KeyVersion]:
    return KeyVersion.objects.filter(name__in=[KeyName.LOOKUP, KeyName.SECRET_WRAP, KeyName.VERIFIER])


def _advance(stored: RewrapProgress, rows: list[dict[str, object]]) -> None:
    if rows:
        stored.last_key = str(rows[-1]["pk"])
    stored.rows_read += len(rows)
    stored.is_read = not rows
    stored.save()


def _as_bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)
