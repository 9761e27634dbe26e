"""What a proofing case needs before it is decided (REG-1 to REG-6, REG-10)."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from identities.api import SUSPICIOUS
from registration.rules.calendar import age_on
from registration.states import (
    CASE_TRANSITIONS,
    LIVE_CASE_STATES,
    CasePurpose,
    CaseState,
    PersonRefusal,
    PersonStatus,
    Verdict,
)

YOUNGEST: Final = 13  # REG-2
LOOK_UP_LASTS: Final = timedelta(hours=24)  # what the register said and who stood at the desk is of that day

FRAUDULENT: Final = frozenset({"fraud", *SUSPICIOUS})  # sources and reasons of blocks


class StepRefusal(StrEnum):
    """Why a step of a case is not taken."""

    NOT_OPEN = "not_open"
    NOT_LOOKED_UP = "not_looked_up"
    NO_DOCUMENT = "no_document"
    DOCUMENT_STANDS = "document_stands"
    QUESTIONS_ASKED = "questions_asked"
    TOO_FEW_FACTS = "too_few_facts"
    ALREADY_ANSWERED = "already_answered"
    NOT_EXAMINED = "not_examined"
    TOO_OLD = "too_old"
    WRONG_PURPOSE = "wrong_purpose"
    SAME_OFFICER = "same_officer"
    OWN_IDENTITY = "own_identity"
    NOT_AWAITING = "not_awaiting"
    NOT_BLOCKED = "not_blocked"
    IS_BLOCKED = "is_blocked"
    BLOCKED_SINCE = "blocked_since"
    NOTHING_TO_BLOCK = "nothing_to_block"
    ALREADY_BLOCKED = "already_blocked"
    CLOCK_NOT_FOUND = "clock_not_found"
    NOT_SUSPENDED = "not_suspended"
    SUSPECTED_FRAUD = "suspected_fraud"
    NOT_APPROVED = "not_approved"
    NO_CODE = "no_code"
    QUESTIONS_FAILED = "questions_failed"
    FAILED_LATELY = "failed_lately"


def is_too_old(*, looked_up_at: datetime | None, now: datetime) -> bool:
    """Tell whether what the register said, and who stood at the desk, is of another day; never asked is too old too."""
    return looked_up_at is None or now >= looked_up_at + LOOK_UP_LASTS


def shows_nobody(*, state: CaseState, looked_up_at: datetime | None, now: datetime) -> bool:
    """Tell whether a case shows no longer whom it is about.

    Rule: SUP-3, REG-10: the look was for the case. When that is decided, or a day has gone, a new look needs a new
          case.
    """
    is_old = looked_up_at is not None and is_too_old(looked_up_at=looked_up_at, now=now)
    return state not in LIVE_CASE_STATES or is_old


def may_become(old: CaseState, new: CaseState) -> bool:
    """Tell whether a case may go from one state to another."""
    return new in CASE_TRANSITIONS[old]


def refusal_of_person(
    *,
    purpose: CasePurpose,
    status: PersonStatus,
    born_on: date,
    has_identity: bool,
    is_blocked: bool,
    today: date,
) -> PersonRefusal | None:
    """Decide whether a person may be served; ``None`` means they may.

    Rule: REG-2, BLK-2. An emigrated person may hold an identity.
    """
    if status is PersonStatus.DEAD:
        return PersonRefusal.DEAD
    if status is PersonStatus.DISAPPEARED:
        return PersonRefusal.DISAPPEARED
    if age_on(born_on=born_on, today=today) < YOUNGEST:
        return PersonRefusal.TOO_YOUNG
    if purpose is CasePurpose.ISSUE:
        return PersonRefusal.HAS_IDENTITY if has_identity else None
    if not has_identity:
        return PersonRefusal.HAS_NO_IDENTITY
    if purpose is CasePurpose.REOPEN:
        return None if is_blocked else PersonRefusal.NOT_BLOCKED
    return PersonRefusal.IS_BLOCKED if is_blocked else None


def refusal_to_examine(*, state: CaseState, is_looked_up: bool) -> StepRefusal | None:
    """Decide whether a document may be recorded; ``None`` means it may.

    Rule: REG-2: the register first.
    """
    if state is not CaseState.OPEN:
        return StepRefusal.NOT_OPEN
    if not is_looked_up:
        return StepRefusal.NOT_LOOKED_UP
    return None


def refusal_to_ask(
    *, state: CaseState, is_looked_up: bool, has_document: bool, is_asked: bool, facts: int, needed_facts: int
) -> StepRefusal | None:
    """Decide whether control questions may be asked; ``None`` means they may.

    Rule: REG-3: the document first.
    """
    refusal = refusal_to_examine(state=state, is_looked_up=is_looked_up)
    if refusal is not None:
        return refusal
    if not has_document:
        return StepRefusal.NO_DOCUMENT
    if is_asked:
        return StepRefusal.QUESTIONS_ASKED
    if facts < needed_facts:
        return StepRefusal.TOO_FEW_FACTS
    return None


def is_examined(*, verdict: Verdict, has_level: bool) -> bool:
    """Tell whether the identity is proven: documents that reach a level, and questions answered.

    Rule: REG-1, REG-3.
    """
    return verdict is Verdict.PASSED and has_level


def refusal_to_approve(
    *,
    purpose: CasePurpose,
    wanted: CasePurpose,
    state: CaseState,
    looked_up_at: datetime | None,
    is_own: bool,
    now: datetime,
) -> StepRefusal | None:
    """Decide whether a clerk may approve a case; ``None`` means they may.

    Rule: REG-1, REG-10.
    """
    if purpose is not wanted:
        return StepRefusal.WRONG_PURPOSE
    if is_own:
        return StepRefusal.OWN_IDENTITY
    if state is not CaseState.EXAMINED:
        return StepRefusal.NOT_EXAMINED
    return StepRefusal.TOO_OLD if is_too_old(looked_up_at=looked_up_at, now=now) else None


def refusal_to_block(
    *, state: CaseState, looked_up_at: datetime | None, has_identity: bool, is_own: bool, now: datetime
) -> StepRefusal | None:
    """Decide whether a clerk may block in a case; ``None`` means they may.

    Rule: BLK-1, REG-10: from the look-up on. The documents need not have been seen: a wrong block harms less than a
          late one.
    """
    if state not in LIVE_CASE_STATES:
        return StepRefusal.NOT_OPEN
    if is_own:
        return StepRefusal.OWN_IDENTITY
    if not has_identity:
        return StepRefusal.NOTHING_TO_BLOCK if looked_up_at else StepRefusal.NOT_LOOKED_UP
    return StepRefusal.TOO_OLD if is_too_old(looked_up_at=looked_up_at, now=now) else None


def refusal_to_care_for(
    *, state: CaseState, looked_up_at: datetime | None, is_own: bool, now: datetime
) -> StepRefusal | None:
    """Decide whether a clerk may reopen an authenticator or set its clock right in a case; ``None`` means they may.

    Rule: REG-1, REG-10: for somebody whose identity is proven.
    """
    if state is not CaseState.EXAMINED:
        return StepRefusal.NOT_EXAMINED
    if is_own:
        return StepRefusal.OWN_IDENTITY
    return StepRefusal.TOO_OLD if is_too_old(looked_up_at=looked_up_at, now=now) else None


def needs_second_officer(*, has_document: bool, has_cpr_number: bool, block_codes: Collection[str]) -> bool:
    """Tell whether one clerk is not enough. ``block_codes``: sources and reasons of the blocks that stand.

    Rule: REG-10: cases without document or CPR number, and reopening after fraud. Misuse that somebody suspected, or
          an alert that nobody expected, is fraud until two have looked at it.
    """
    return not has_document or not has_cpr_number or not FRAUDULENT.isdisjoint(block_codes)


def refusal_to_second(
    *,
    state: CaseState,
    looked_up_at: datetime | None,
    first_identity_id: UUID | None,
    second_identity_id: UUID,
    is_own: bool,
    now: datetime,
) -> StepRefusal | None:
    """Decide whether an officer may be the second on a case; ``None`` means they may.

    Rule: REG-10. The two are told apart as people, not as rights; the first is who approved, not who opened.
    """
    if state is not CaseState.AWAITING_SECOND_OFFICER or first_identity_id is None:
        return StepRefusal.NOT_AWAITING
    if second_identity_id == first_identity_id:
        return StepRefusal.SAME_OFFICER
    if is_own:
        return StepRefusal.OWN_IDENTITY
    return StepRefusal.TOO_OLD if is_too_old(looked_up_at=looked_up_at, now=now) else None


def proven_at(*, purpose: CasePurpose, looked_up_at: datetime | None, decided_at: datetime | None) -> datetime | None:
    """Give the instant up to which a case has answered for the blocks on its identity.

    Rule: BLK-2, REG-10: a look-up finds no block, save in a case for reopening, whose decision lifts what stands. Until
          then such a case answers for the blocks that its look-up found, too.
    """
    return (decided_at or looked_up_at) if purpose is CasePurpose.REOPEN else looked_up_at


def refusal_to_hand_out(
    *, state: CaseState, looked_up_at: datetime | None, is_own: bool, was_blocked_since: bool, now: datetime
) -> StepRefusal | None:
    """Decide whether a device or a code on paper may be handed out in a case; ``None`` means it may.

    Rule: REG-1, REG-10, BLK-2: while the citizen whose identity was proven still stands there. The approval renews
          nothing, and a block that came meanwhile ends it, however the identity was reopened.
    """
    if state is not CaseState.APPROVED:
        return StepRefusal.NOT_APPROVED
    if is_own:
        return StepRefusal.OWN_IDENTITY
    if is_too_old(looked_up_at=looked_up_at, now=now):
        return StepRefusal.TOO_OLD
    return StepRefusal.BLOCKED_SINCE if was_blocked_since else None


def refusal_to_prove_contact(
    *, purpose: CasePurpose, state: CaseState, looked_up_at: datetime | None, is_own: bool, now: datetime
) -> StepRefusal | None:
    """Decide whether a contact may be proven: a first one, or in a reopening one instead of the old; ``None``: it may.

    Rule: REG-1, REG-10: the identity is confirmed before anything is put on it.
    """
    if purpose is CasePurpose.NEW_AUTHENTICATOR:
        return StepRefusal.WRONG_PURPOSE
    return refusal_to_care_for(state=state, looked_up_at=looked_up_at, is_own=is_own, now=now)
