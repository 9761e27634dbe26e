"""What documents prove, and to which level (REG-4, REG-5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from registration.states import EvidenceCheck, EvidenceKind

CHIPPED: Final = frozenset(  # HIGH with a verified chip
    {
        EvidenceKind.PASSPORT_WITH_CPR,
        EvidenceKind.PASSPORT_WITHOUT_CPR,
        EvidenceKind.FOREIGN_PASSPORT,
        EvidenceKind.FOREIGN_NATIONAL_ID,
    }
)
ENOUGH_ALONE: Final = frozenset(  # SUBSTANTIAL
    {
        EvidenceKind.DRIVING_LICENCE,
        EvidenceKind.PASSPORT_WITH_CPR,
        EvidenceKind.RESIDENCE_PERMIT_WITH_PHOTO_AND_CPR,
        EvidenceKind.FOREIGN_MINISTRY_ID,
    }
)
ENOUGH_WITH_A_PAPER: Final = frozenset(  # SUBSTANTIAL with one of SECOND_PAPERS
    {
        EvidenceKind.RESIDENCE_PERMIT_WITH_PHOTO,
        EvidenceKind.FOREIGN_PASSPORT,
        EvidenceKind.FOREIGN_NATIONAL_ID,
        EvidenceKind.MUNICIPAL_ID,
        EvidenceKind.PASSPORT_WITHOUT_CPR,
    }
)
SECOND_PAPERS: Final = frozenset(
    {
        EvidenceKind.HEALTH_CARD,
        EvidenceKind.RESIDENCE_CERTIFICATE,
        EvidenceKind.BIRTH_CERTIFICATE,
        EvidenceKind.BAPTISM_CERTIFICATE,
        EvidenceKind.PERSON_CERTIFICATE,
    }
)
WITH_CPR: Final = frozenset(
    {
        EvidenceKind.PASSPORT_WITH_CPR,
        EvidenceKind.DRIVING_LICENCE,
        EvidenceKind.RESIDENCE_PERMIT_WITH_PHOTO_AND_CPR,
        EvidenceKind.FOREIGN_MINISTRY_ID,
        EvidenceKind.HEALTH_CARD,
        EvidenceKind.RESIDENCE_CERTIFICATE,
        EvidenceKind.BIRTH_CERTIFICATE,
        EvidenceKind.PERSON_CERTIFICATE,
    }
)


class Level(StrEnum):
    """The level that documents reach; named as ``identities.AssuranceLevel`` is."""

    LOW = "LOW"
    SUBSTANTIAL = "SUBSTANTIAL"
    HIGH = "HIGH"


class DocumentRefusal(StrEnum):
    """Why a document proves nothing (REG-4)."""

    TEMPORARY = "temporary"
    EXPIRED = "expired"
    REPORTED = "reported"


@dataclass(frozen=True)
class Paper:
    """A document and what was checked on it."""

    kind: EvidenceKind
    checks: frozenset[EvidenceCheck] = field(default_factory=frozenset)


def refusal_of_document(
    *, expires_on: date, is_temporary: bool, is_reported: bool, today: date
) -> DocumentRefusal | None:
    """Decide whether a document may count at all; ``None`` means it may.

    Rule:  REG-4.
    Times: the day of expiry is the last on which it is valid.
    """
    if is_temporary:
        return DocumentRefusal.TEMPORARY
    if today > expires_on:
        return DocumentRefusal.EXPIRED
    if is_reported:
        return DocumentRefusal.REPORTED
    return None


def level_of(papers: Sequence[Paper]) -> Level | None:
    """Give the highest level that the papers reach together; None when they prove too little.

    Rule: REG-5.
    """
    kinds = {paper.kind for paper in papers}
    if any(_reaches_high(paper) for paper in papers):
        return Level.HIGH
    if kinds & ENOUGH_ALONE:
        return Level.SUBSTANTIAL
    if kinds & ENOUGH_WITH_A_PAPER and kinds & SECOND_PAPERS:
        return Level.SUBSTANTIAL
    if len(kinds) >= 2 and kinds & WITH_CPR:
        return Level.LOW
    return None


def _reaches_high(paper: Paper) -> bool:
    if EvidenceCheck.PHOTO_COMPARED not in paper.checks:
        return False
    has_verified_chip = paper.kind in CHIPPED and EvidenceCheck.CHIP_VERIFIED in paper.checks
    return paper.kind is EvidenceKind.PASSPORT_WITH_CPR or has_verified_chip
