"""Going through the seals in order: which of them are ours, and which are not there. No database here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from audit.verification.findings import Finding, FindingKind
from audit.verification.rules import (
    HEADS_MAY_LAG,
    SealRow,
    SignatureMatches,
    objection_to_link,
    objection_to_seal,
    spans_without,
)


@dataclass
class Chain:
    """The chain as far as it was followed; ``before`` is the last genuine seal, whose word is taken."""

    required: Collection[str]
    matches: SignatureMatches
    heads: Mapping[int, Collection[bytes]]
    """The hashes that the heads file tells, by number."""
    expected: int
    witnessed: int = 0
    """The last number that the heads file tells of, wherever the chain begins."""
    before: SealRow | None = None
    unwitnessed: SealRow | None = None
    """The first genuine seal beyond what the heads file tells of."""
    findings: list[Finding] = field(default_factory=list)
    not_ours: set[int] = field(default_factory=set)

    def judge(self, number: int, seal: SealRow | None) -> SealRow | None:
        """Follow the chain to the next stored seal.

        Rule:    LOG-1.
        Returns: the seal, if what it says of rows may be taken.
        """
        if seal is None:
            objection: str | None = "its columns are not those of a seal"
        elif self.before is not None and number <= self.before.number:
            objection = "its number stands twice"
        else:
            objection = objection_to_seal(seal, required=self.required, matches=self.matches)
        if seal is None or objection is not None:
            self.not_ours.add(number)
            self._forged(number, objection or "")
            return None
        told = self.heads.get(number)
        if told is not None and set(told) != {seal.hash}:
            self._forged(number, "the heads file tells of another seal of this number")
        self._link(seal)
        self.before, self.expected = seal, number + 1
        if self.unwitnessed is None and number > self.witnessed:
            self.unwitnessed = seal
        return seal

    def _link(self, seal: SealRow) -> None:
        before = self.before
        forged_between = sorted(number for number in self.not_ours if self.expected <= number < seal.number)
        absent = list(spans_without(self.expected, seal.number - 1, ((number, number) for number in forged_between)))
        first_id = 1 if before is None else before.last_id + 1
        for low, high in absent:
            self.findings.append(
                Finding(
                    FindingKind.SEAL_MISSING,
                    "The seals before and after it stand." if low == high else "The seals around them stand.",
                    seal=low,
                    last_seal=high,
                    first_id=first_id if first_id < seal.first_id else None,
                    last_id=seal.first_id - 1 if first_id < seal.first_id else None,
                )
            )
        is_start = before is None and seal.number > 1  # verification began here, and looks at what comes after
        if not absent and not forged_between and not is_start:
            objection = objection_to_link(seal, before)
            if objection is not None:
                self._forged(seal.number, objection)

    def _forged(self, number: int, objection: str) -> None:
        self.findings.append(Finding(FindingKind.SEAL_FORGED, f"Seal {number}: {objection}.", seal=number))

    def heads_after(self) -> list[int]:
        """Give the numbers that the heads file tells of beyond the last seal that stands."""
        last = self.expected - 1
        return sorted(number for number in self.heads if number > last and number not in self.not_ours)

    def lag(self, *, now: datetime) -> Finding | None:
        """Say that the heads file no longer witnesses the end of the log.

        A line that is missing with a later one there hides nothing: the later seal's hash covers the earlier seal. What
        counts is the age of the first seal beyond it: the newest is seconds old wherever the portal runs.
        """
        first, last = self.unwitnessed, self.before
        if first is None or last is None or now - first.at < HEADS_MAY_LAG:
            return None
        return Finding(
            FindingKind.HEADS_BEHIND,
            "The heads file does not tell of seals that stand: a tail cut off behind its last line would not show.",
            seal=first.number,
            last_seal=last.number,
        )


def forged_joined(findings: list[Finding]) -> list[Finding]:
    """Tell of seals in a row that have the same against them once: a forged chain is one finding."""
    result: list[Finding] = []
    for finding in findings:
        last = result[-1] if result else None
        if (
            last is not None
            and last.kind is finding.kind is FindingKind.SEAL_FORGED
            and finding.seal == (last.last_seal or last.seal or 0) + 1
            and _objection(last) == _objection(finding)
        ):
            what = f"Seals {last.seal} to {finding.seal}: {_objection(finding)}"
            result[-1] = Finding(FindingKind.SEAL_FORGED, what, seal=last.seal, last_seal=finding.seal)
        else:
            result.append(finding)
    return result


def _objection(finding: Finding) -> str:
    return finding.what.partition(": ")[2]
