"""Examining the log in the transaction that is open: the seals, the rows, the tail, the partitions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from audit.heads import Head
from audit.sealer import sealer
from audit.tail import TailEntry
from audit.verification.chain import Chain, forged_joined
from audit.verification.diagnosis import Diagnosis, diagnose_sealed, diagnose_unsealed, with_late_seals
from audit.verification.findings import Finding, FindingKind, Progress
from audit.verification.guards import guards_gone
from audit.verification.months import dropped_partition
from audit.verification.partitions import bounds_of, misplaced_rows, partitions, stands_detached
from audit.verification.reading import (
    keyed_rows,
    last_row_id,
    macs_of,
    rows_between,
    rows_from,
    rows_with,
    rows_without_values,
    seal_that_covers,
    seals_from,
)
from audit.verification.rules import Run, SealRow, is_in, joined
from audit.verification.telling import told_runs, told_suspects, unsealed_runs
from audit.verification.walk import Segment, Walk, beginning, segments_of, tail_segment

SEALS_AT_ONCE: Final = 500
IDS_AT_ONCE: Final = 5_000


class UnknownSeal(LookupError):  # noqa: N818 - it says what is so
    """There is no seal of this number to begin from."""


class Examination:
    """One examination; its parts run in the order in which ``run`` calls them."""

    def __init__(
        self, *, heads: Iterable[Head], journal: Iterable[TailEntry], now: datetime, progress: Progress | None
    ) -> None:
        """Begin with what was read outside the database, before the snapshot was taken: so no line is ahead of it."""
        told: dict[int, set[bytes]] = {}
        self._head_ids: dict[int, int] = {}
        for head in heads:
            told.setdefault(head.number, set()).add(head.hash)
            self._head_ids[head.number] = head.last_id
        self._journal: dict[int, set[bytes]] = {}
        for entry in journal:
            self._journal.setdefault(entry.id, set()).add(entry.mac)
        self._now, self._progress = now, progress
        self._matches = sealer().row_mac_matches
        required, matches = sealer().required_keys(), sealer().seal_signature_matches
        self._chain = Chain(required, matches, told, expected=1, witnessed=max(told, default=0))
        self._found = Diagnosis()
        self._late_in: dict[int, int] = {}
        self.rows = self.unsealed = 0
        self.findings: list[Finding] = []

    @property
    def to_seal(self) -> int | None:
        """The last genuine seal."""
        return None if self._chain.before is None else self._chain.before.number

    def run(self, from_seal: int) -> None:
        """Examine everything from a seal on.

        Rule:   LOG-1.
        Raises: UnknownSeal; what the sealer and the database raise while they are away.
        """
        self._start(from_seal)
        walk = Walk(self._matches, total=rows_from(from_seal), progress=self._progress)
        first_id = beginning(from_seal, self._chain.before)
        number = from_seal
        while stored := seals_from(number, limit=SEALS_AT_ONCE):
            number = stored[-1].number + 1
            judged = [self._chain.judge(each.number, each.seal) for each in stored]
            seals = [seal for seal in judged if seal is not None]
            if seals:
                self._examine_sealed(seals, first_id, walk)
                first_id = max(first_id, seals[-1].last_id + 1)
        sealed = walk.rows
        self._examine_tail(first_id, walk)
        self.rows, self.unsealed = walk.rows, walk.rows - sealed
        self._conclude()
        self.findings += self._empty(is_whole=from_seal == 1)
        self.findings += guards_gone(partitions().attached)

    def _start(self, from_seal: int) -> None:
        chain = self._chain
        chain.expected = from_seal
        chain.heads = {number: told for number, told in chain.heads.items() if number >= from_seal}
        if from_seal == 1:
            return
        before = seals_from(from_seal - 1, limit=1)
        if not before or not seals_from(from_seal, limit=1):
            raise UnknownSeal(f"The log has no seal {from_seal}.")
        if before[0].number == from_seal - 1:
            chain.expected = from_seal - 1
            chain.judge(before[0].number, before[0].seal)

    def _examine_sealed(self, seals: Sequence[SealRow], first_id: int, walk: Walk) -> None:
        late_rows = {row.row_id: row for row in rows_with([row_id for seal in seals for row_id in seal.late])}
        keyed = {row_id: row_id.to_bytes(8, "big", signed=True) + row.mac for row_id, row in late_rows.items()}
        segments = segments_of(seals, first_id, keyed)
        walk.over(keyed_rows(first_id, seals[-1].last_id), segments)
        for seal in seals:
            self._late_in.update(dict.fromkeys(seal.late, seal.number))
            self._judge_late(seal)
        for segment in segments:
            late = () if segment.seal is None else segment.seal.late
            is_late_bad = any(
                row_id in late_rows and not self._matches(late_rows[row_id].message, late_rows[row_id].mac)
                for row_id in late
            )
            if is_late_bad or not segment.is_right:
                self._diagnose(segment)

    def _judge_late(self, seal: SealRow) -> None:
        for row_id in seal.late:
            covering = seal_that_covers(row_id, before=seal.number)
            if covering is not None and covering.seal is not None and not is_in(covering.seal.missing, row_id):
                what = f"Seal {seal.number}: it calls a row late that an earlier seal covers."
                self._chain.findings.append(Finding(FindingKind.SEAL_FORGED, what, seal=seal.number, first_id=row_id))

    def _diagnose(self, segment: Segment) -> None:
        seal = segment.seal
        if seal is None:
            rows = rows_with({*segment.bad_ids, *segment.twice_ids})
            self._found.suspects += diagnose_unsealed(rows, self._matches, known=self._journal, is_hole=True)
            return
        rows = [*rows_with(seal.late), *rows_between(seal.first_id, seal.last_id)]
        found = diagnose_sealed(seal, rows, self._matches)
        self._found.runs += found.runs
        self._found.suspects += found.suspects
        self._found.findings += found.findings

    def _examine_tail(self, first_id: int, walk: Walk) -> None:
        tail = tail_segment(first_id)
        walk.over(keyed_rows(tail.first_id, tail.last_id), [tail])
        if not tail.is_right:
            rows = rows_with({*tail.bad_ids, *tail.twice_ids})
            last = 0 if self._chain.before is None else self._chain.before.number
            is_hole = any(number > last for number in self._chain.not_ours)
            self._found.suspects += diagnose_unsealed(rows, self._matches, known=self._journal, is_hole=is_hole)

    def _conclude(self) -> None:
        last_row = last_row_id()
        suspects = with_late_seals(self._found.suspects, self._late_in)
        suspect_ids = {suspect.row_id for suspect in suspects}
        cut = self._lost_heads(last_row)
        runs = joined(self._found.runs)
        runs += self._journal_runs(runs, suspect_ids, cut)
        told, runs = told_suspects(suspects, runs, self._matches)
        lag = self._chain.lag(now=self._now)
        self.findings = [
            *forged_joined(self._chain.findings),
            *cut,
            *self._gone(runs, last_row),
            *told,
            *self._found.findings,
            *self._misplaced(suspect_ids),
            *([] if lag is None else [lag]),
        ]

    def _lost_heads(self, last_row: int | None) -> list[Finding]:
        lost = self._chain.heads_after()
        if not lost:
            return []
        before = self._chain.before
        last_id = max(self._head_ids[number] for number in lost)
        there = max(0 if before is None else before.last_id, last_row or 0)
        is_cut = there < last_id
        what = (
            "The heads file tells of them; seals and rows are gone."
            if is_cut
            else "The heads file tells of them; their rows stand."
        )
        first_id = there + 1 if is_cut else (1 if before is None else before.last_id + 1)
        kind = FindingKind.TAIL_CUT if is_cut else FindingKind.SEAL_MISSING
        return [Finding(kind, what, seal=lost[0], last_seal=lost[-1], first_id=first_id, last_id=last_id)]

    def _journal_runs(self, known: Sequence[Run], suspects: set[int], cut: Sequence[Finding]) -> list[Run]:
        absent: list[int] = []
        present: list[int] = []
        ids = sorted(self._journal)
        for start in range(0, len(ids), IDS_AT_ONCE):
            wanted = ids[start : start + IDS_AT_ONCE]
            macs = macs_of(wanted)
            present += macs
            absent += [row_id for row_id in wanted if row_id not in macs]
            self._compare(macs, suspects)
        told = [Run(f.first_id or 0, f.last_id or 0, 1) for f in cut if f.kind is FindingKind.TAIL_CUT]
        return unsealed_runs(absent, present, [*known, *told])

    def _compare(self, macs: Mapping[int, set[bytes]], suspects: set[int]) -> None:
        sealed_up_to = 0 if self._chain.before is None else self._chain.before.last_id
        for row_id, found in macs.items():
            if self._journal[row_id] <= found or row_id in suspects:
                continue
            if row_id <= sealed_up_to or self._journal[row_id] & found:
                # Two rows were committed under one id, as when its sequence was set back, and one of them is gone.
                what, kind = "The journal tells of a second row of this id, and it is gone.", FindingKind.ROW_MISSING
            else:
                what, kind = (
                    "The journal tells of another row of this id: somebody had the hashes' key.",
                    FindingKind.ROW_CHANGED,
                )
            self._found.findings.append(Finding(kind, what, first_id=row_id))

    def _gone(self, runs: Sequence[Run], last_row: int | None) -> list[Finding]:
        if not runs:
            return []
        found = partitions()

        def where_from(run: Run) -> str | None:
            bounds = bounds_of(run, now=self._now)
            return dropped_partition(bounds, attached=found.attached, months_in_other=found.months_in_other)

        return [self._placed(finding) for finding in told_runs(runs, last_row=last_row, where_from=where_from)]

    def _placed(self, finding: Finding) -> Finding:
        if finding.kind is not FindingKind.PARTITION_DROPPED or not stands_detached(finding.partition or ""):
            return finding
        place = (finding.seal, finding.last_seal, finding.first_id, finding.last_id, finding.partition)
        return Finding(finding.kind, f"{finding.what} The table stands beside the log, detached.", *place)

    def _empty(self, *, is_whole: bool) -> list[Finding]:
        what = "Rows that lack what every row has, be it their id: {}."
        return [
            Finding(FindingKind.ROW_CHANGED, what.format(count), partition=partition)
            for partition, count in rows_without_values(is_whole=is_whole)
        ]

    def _misplaced(self, suspects: set[int]) -> list[Finding]:
        what = "It is genuine, but lies in the partition of a month that is not its own."
        return [
            Finding(FindingKind.ROW_MOVED, what, first_id=row.row_id, partition=row.partition)
            for row in misplaced_rows(partitions().attached)
            if row.row_id not in suspects
        ]
