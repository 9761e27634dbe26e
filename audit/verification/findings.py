"""What verification says: kinds of findings, and where each lies. Never the content of a row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Progress = Callable[[int, int], None]
"""Called with the rows examined so far and the rows there are."""


class FindingKind(StrEnum):
    """What was done; the runbook docs/runbooks/the-log.md says what to do about each."""

    ROW_MISSING = "row_missing"
    ROW_CHANGED = "row_changed"
    ROW_ADDED = "row_added"
    ROW_MOVED = "row_moved"
    """Genuine under another id or time, or lying in a partition that is not its own."""
    SEAL_MISSING = "seal_missing"
    SEAL_FORGED = "seal_forged"
    """Changed, exchanged, or not signed by every key that must sign."""
    TAIL_CUT = "tail_cut"
    PARTITION_DROPPED = "partition_dropped"
    """Dropped or detached: its rows are no longer in the log."""
    HEADS_BEHIND = "heads_behind"
    """The heads file lacks the latest seals, so that it no longer witnesses the end of the log."""
    GUARD_GONE = "guard_gone"
    """A trigger or constraint that keeps the log append-only is not there, or is switched off."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong; ranges are inclusive."""

    kind: FindingKind
    what: str
    seal: int | None = None
    last_seal: int | None = None
    first_id: int | None = None
    last_id: int | None = None
    partition: str | None = None

    def place(self) -> str:
        """Say where it lies."""
        parts = [
            _span("seal", self.seal, self.last_seal),
            _span("row", self.first_id, self.last_id),
            None if self.partition is None else f"partition {self.partition}",
        ]
        return ", ".join(part for part in parts if part) or "the log"


@dataclass(frozen=True)
class AcceptedRestore:
    """A break that was accepted: the log was brought back from a backup, and what came after is lost."""

    at: datetime
    row_id: int
    reason: str
    lost_number: int
    lost_hash: str
    kept_number: int


@dataclass(frozen=True)
class Verification:
    """What one run examined, and what it found."""

    from_seal: int
    to_seal: int | None
    """``None`` when there is no seal."""
    rows: int
    unsealed: int
    """Rows that no seal covers yet; their keyed hashes were checked."""
    seconds: float
    findings: tuple[Finding, ...]
    restores: tuple[AcceptedRestore, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def _span(noun: str, first: int | None, last: int | None) -> str | None:
    if first is None:
        return None
    if last is None or last == first:
        return f"{noun} {first}"
    return f"{noun}s {first} to {last}"
