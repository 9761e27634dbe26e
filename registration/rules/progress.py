"""Which step of a case comes next."""

from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final

from registration.states import CasePurpose, CaseState, Verdict


class CaseStep(StrEnum):
    """Steps of a case, as the clerk goes through them."""

    PERSON = "person"
    DOCUMENT = "document"
    QUESTIONS = "questions"
    CONTACTS = "contacts"
    ISSUE = "issue"
    REOPEN = "reopen"
    SECOND = "second"
    APPROVE = "approve"
    DEVICE = "device"
    DONE = "done"


STEPS: Final = {
    CasePurpose.ISSUE: (
        CaseStep.PERSON,
        CaseStep.DOCUMENT,
        CaseStep.QUESTIONS,
        CaseStep.CONTACTS,
        CaseStep.ISSUE,
        CaseStep.DEVICE,
    ),
    CasePurpose.REOPEN: (
        CaseStep.PERSON,
        CaseStep.DOCUMENT,
        CaseStep.QUESTIONS,
        CaseStep.REOPEN,
        CaseStep.DEVICE,
    ),
    CasePurpose.NEW_AUTHENTICATOR: (
        CaseStep.PERSON,
        CaseStep.DOCUMENT,
        CaseStep.QUESTIONS,
        CaseStep.APPROVE,
        CaseStep.DEVICE,
    ),
}


def next_step(
    *,
    purpose: CasePurpose,
    state: CaseState,
    has_person: bool,
    has_document: bool,
    verdict: Verdict,
    missing_contacts: AbstractSet[str],
    has_handed_out: bool,
) -> CaseStep | None:
    """Give the step that a case waits for; None when it can only be ended.

    Rule: REG-1, REG-3, REG-6, REG-10.
    """
    if state in {CaseState.REFUSED, CaseState.CANCELLED}:
        return CaseStep.DONE
    if state is CaseState.APPROVED:
        return CaseStep.DONE if has_handed_out else CaseStep.DEVICE
    if state is CaseState.AWAITING_SECOND_OFFICER:
        return CaseStep.SECOND
    if not has_person:
        return CaseStep.PERSON
    if not has_document:
        return CaseStep.DOCUMENT
    if state is CaseState.OPEN:
        return None if verdict is Verdict.FAILED else CaseStep.QUESTIONS
    if purpose is CasePurpose.REOPEN:
        return CaseStep.REOPEN
    if purpose is CasePurpose.NEW_AUTHENTICATOR:
        return CaseStep.APPROVE
    return CaseStep.CONTACTS if missing_contacts else CaseStep.ISSUE
