"""What is wrong with the rows of a range that does not come out right: no database here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from audit.rules import rows_digest
from audit.verification.findings import Finding, FindingKind
from audit.verification.moves import MacMatches, Suspect
from audit.verification.reading import StoredRow
from audit.verification.rules import Run, SealRow, is_in, missing_runs


@dataclass
class Diagnosis:
    """What was found so far; suspects are told of once it is known where they came from."""

    runs: list[Run] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def diagnose_sealed(seal: SealRow, rows: Iterable[StoredRow], matches: MacMatches) -> Diagnosis:
    """Compare the rows of a seal's range, and its late ones, with what it sealed."""
    by_id = _by_id(rows)
    found = Diagnosis(runs=missing_runs(seal, by_id.keys()))
    late = frozenset(seal.late)
    sealed: list[tuple[int, bytes]] = []
    for row_id, same in sorted(by_id.items()):
        is_gap = row_id not in late and is_in(seal.missing, row_id)
        found.suspects += _suspects(same, matches, seal=seal.number, is_added=is_gap)
        if not is_gap:
            sealed.append((row_id, _genuine_first(same, matches)[0].mac))
    is_explained = bool(found.runs) or any(not suspect.is_added for suspect in found.suspects)
    if not is_explained and rows_digest(sealed) != seal.rows_digest:
        found.findings.append(
            Finding(
                FindingKind.ROW_CHANGED,
                "The rows fit their keyed hashes, but are not those that were sealed: somebody had the hashes' key.",
                seal=seal.number,
                first_id=seal.first_id,
                last_id=seal.last_id,
            )
        )
    return found


def diagnose_unsealed(
    rows: Iterable[StoredRow], matches: MacMatches, *, known: Collection[int], is_hole: bool
) -> list[Suspect]:
    """Find the rows that no seal covers and that do not fit their keyed hash, or stand twice.

    ``known``: ids that the journal tells of. In a hole, where seals are gone, a row is taken to have been there.
    """
    suspects = []
    for row_id, same in sorted(_by_id(rows).items()):
        is_added = row_id < 1 or not (is_hole or row_id in known)
        suspects += _suspects(same, matches, seal=None, is_added=is_added)
    return suspects


def _by_id(rows: Iterable[StoredRow]) -> dict[int, list[StoredRow]]:
    found: dict[int, list[StoredRow]] = {}
    for row in rows:
        found.setdefault(row.row_id, []).append(row)
    return found


def _genuine_first(same: Sequence[StoredRow], matches: MacMatches) -> list[StoredRow]:
    return sorted(same, key=lambda row: not matches(row.message, row.mac))


def _suspects(same: Sequence[StoredRow], matches: MacMatches, *, seal: int | None, is_added: bool) -> list[Suspect]:
    first, *others = _genuine_first(same, matches)
    is_right = matches(first.message, first.mac)
    suspects = [_suspect(row, seal, is_added=True, is_twin=is_right) for row in others]
    if not is_right:
        suspects.append(_suspect(first, seal, is_added=is_added, is_twin=False))
    return suspects


def _suspect(row: StoredRow, seal: int | None, *, is_added: bool, is_twin: bool) -> Suspect:
    return Suspect(row.row_id, row.partition, row.mac, row.message, seal, is_added, is_twin)


def with_late_seals(suspects: Iterable[Suspect], late_in: Mapping[int, int]) -> list[Suspect]:
    """Give suspects once each; one in a gap that a later seal covers was not added but changed."""
    result: dict[tuple[int, str, bytes, bytes], Suspect] = {}
    for suspect in suspects:
        key = (suspect.row_id, suspect.partition, suspect.mac, suspect.message)
        known = result.get(key)
        if suspect.is_added and not suspect.is_twin and suspect.row_id in late_in:
            suspect = replace(suspect, seal=late_in[suspect.row_id], is_added=False)  # noqa: PLW2901 - the same suspect, better known
        if known is None or known.is_added:
            result[key] = suspect
    return list(result.values())
