"""Turning what is wrong into findings: where rows came from, and what went together."""

from collections.abc import Callable, Collection, Iterable, Sequence

from audit.verification.findings import Finding, FindingKind
from audit.verification.moves import IDS_TRIED, MacMatches, Move, Suspect, moves_among
from audit.verification.rules import Run, runs_of, spans_without

WhereFrom = Callable[[Run], str | None]


def told_suspects(
    suspects: Sequence[Suspect], runs: Sequence[Run], matches: MacMatches
) -> tuple[list[Finding], list[Run]]:
    """Tell of rows that are not right.

    Returns: findings, and the runs of missing rows without those that were only moved.
    """
    moves = {move.suspect: move for move in moves_among(suspects, _ids(runs), matches)}
    findings = [_moved(move) for move in moves.values()]
    for kind, is_added in ((FindingKind.ROW_CHANGED, False), (FindingKind.ROW_ADDED, True)):
        findings += _grouped(kind, [s for s in suspects if s.is_added is is_added and s not in moves])
    return findings, _without(runs, {move.from_id for move in moves.values()})


def _moved(move: Move) -> Finding:
    suspect = move.suspect
    if move.from_id == suspect.row_id:
        what = f"It is row {move.from_id}, and was written at another time."
    elif move.is_other_time:
        what = f"It was written as row {move.from_id}, at another time."
    else:
        what = f"It was written as row {move.from_id}."
    return Finding(FindingKind.ROW_MOVED, what, seal=suspect.seal, first_id=suspect.row_id, partition=suspect.partition)


def _grouped(kind: FindingKind, suspects: Sequence[Suspect]) -> list[Finding]:
    what = {
        FindingKind.ROW_CHANGED: "It does not fit its keyed hash.",
        FindingKind.ROW_ADDED: "No seal and no journal tells of it, or it stands twice, and it is not genuine.",
    }[kind]
    findings: list[Finding] = []
    for suspect in sorted(suspects, key=lambda suspect: suspect.row_id):
        last = findings[-1] if findings else None
        is_next = last is not None and (last.last_id or last.first_id or 0) + 1 == suspect.row_id
        if last is not None and is_next and (last.seal, last.partition) == (suspect.seal, suspect.partition):
            findings[-1] = Finding(
                kind, what, seal=last.seal, first_id=last.first_id, last_id=suspect.row_id, partition=last.partition
            )
        else:
            findings.append(
                Finding(kind, what, seal=suspect.seal, first_id=suspect.row_id, partition=suspect.partition)
            )
    return findings


def _ids(runs: Iterable[Run]) -> set[int]:
    ids: set[int] = set()
    for run in runs:
        if run.last - run.first <= IDS_TRIED:
            ids.update(range(run.first, run.last + 1))
    return ids


def _without(runs: Iterable[Run], moved: Collection[int]) -> list[Run]:
    left: list[Run] = []
    for run in runs:
        inside = sorted(row_id for row_id in moved if run.first <= row_id <= run.last)
        if not inside or run.count != run.last - run.first + 1:
            left.append(run)
            continue
        for low, high in spans_without(run.first, run.last, ((row_id, row_id) for row_id in inside)):
            left.append(Run(low, high, high - low + 1, run.seal, run.last_seal))
    return left


def told_runs(runs: Iterable[Run], *, last_row: int | None, where_from: WhereFrom) -> list[Finding]:
    """Tell of rows that are gone: with their partition, at the end, or from the midst."""
    dropped: dict[str, list[Run]] = {}
    findings = []
    for run in runs:
        partition = where_from(run)
        if partition is not None:
            dropped.setdefault(partition, []).append(run)
            continue
        is_tail = last_row is None or run.first > last_row
        findings.append(
            Finding(
                FindingKind.TAIL_CUT if is_tail else FindingKind.ROW_MISSING,
                f"Gone: {run.count} {'row' if run.count == 1 else 'rows'}.",
                seal=run.seal,
                last_seal=run.last_seal,
                first_id=run.first,
                last_id=run.last,
            )
        )
    return [*(_dropped(partition, gone) for partition, gone in dropped.items()), *findings]


def _dropped(partition: str, runs: Sequence[Run]) -> Finding:
    seals = [seal for run in runs for seal in (run.seal, run.last_seal) if seal is not None]
    return Finding(
        FindingKind.PARTITION_DROPPED,
        f"Gone with it: {sum(run.count for run in runs)} rows.",
        seal=min(seals, default=None),
        last_seal=max(seals, default=None),
        first_id=min(run.first for run in runs),
        last_id=max(run.last for run in runs),
        partition=partition,
    )


def unsealed_runs(absent: Collection[int], present: Collection[int], known: Sequence[Run]) -> list[Run]:
    """Group what the journal tells of and the log lacks, save what is known to be gone already."""
    unknown = [row_id for row_id in absent if not any(run.first <= row_id <= run.last for run in known)]
    return runs_of(unknown, present)
