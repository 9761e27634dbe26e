"""Evidence, control questions, cases, officers and support: the pure decisions."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identities.api import BlockReason, BlockSource
from registration.rules.case import (
    LOOK_UP_LASTS,
    StepRefusal,
    may_become,
    needs_second_officer,
    refusal_of_person,
    refusal_to_approve,
    refusal_to_hand_out,
    refusal_to_prove_contact,
    refusal_to_second,
    shows_nobody,
)
from registration.rules.evidence import (
    DocumentRefusal,
    Level,
    Paper,
    level_of,
    refusal_of_document,
)
from registration.rules.officers import is_own_identity, refusal_to_act
from registration.rules.progress import CaseStep, next_step
from registration.rules.questions import MOST_ASKED, has_failed_lately, verdict_of
from registration.rules.support import (
    CALL_LASTS,
    SupportAct,
    SupportRefusal,
    is_identified,
    refusal_to_act_in_call,
)
from registration.states import (
    LIVE_CASE_STATES,
    CasePurpose,
    CaseState,
    EvidenceCheck,
    EvidenceKind,
    OfficerRefusal,
    OfficerRole,
    PersonRefusal,
    PersonStatus,
    Verdict,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOW.date()
PHOTO = frozenset({EvidenceCheck.PHOTO_COMPARED})
CHIP = PHOTO | {EvidenceCheck.CHIP_VERIFIED}


@pytest.mark.parametrize(
    ("papers", "level"),
    [
        ([], None),
        ([Paper(EvidenceKind.PASSPORT_WITH_CPR, PHOTO)], Level.HIGH),
        ([Paper(EvidenceKind.PASSPORT_WITH_CPR)], Level.SUBSTANTIAL),
        ([Paper(EvidenceKind.FOREIGN_PASSPORT, CHIP)], Level.HIGH),
        ([Paper(EvidenceKind.FOREIGN_NATIONAL_ID, CHIP)], Level.HIGH),
        ([Paper(EvidenceKind.FOREIGN_PASSPORT, frozenset({EvidenceCheck.CHIP_VERIFIED}))], None),
        ([Paper(EvidenceKind.DRIVING_LICENCE, CHIP)], Level.SUBSTANTIAL),
        ([Paper(EvidenceKind.RESIDENCE_PERMIT_WITH_PHOTO_AND_CPR)], Level.SUBSTANTIAL),
        ([Paper(EvidenceKind.FOREIGN_MINISTRY_ID)], Level.SUBSTANTIAL),
        ([Paper(EvidenceKind.FOREIGN_PASSPORT, PHOTO)], None),
        ([Paper(EvidenceKind.FOREIGN_PASSPORT), Paper(EvidenceKind.HEALTH_CARD)], Level.SUBSTANTIAL),
        ([Paper(EvidenceKind.PASSPORT_WITHOUT_CPR), Paper(EvidenceKind.BAPTISM_CERTIFICATE)], Level.SUBSTANTIAL),
        ([Paper(EvidenceKind.MUNICIPAL_ID), Paper(EvidenceKind.FOREIGN_PASSPORT)], None),
        ([Paper(EvidenceKind.HEALTH_CARD)], None),
        ([Paper(EvidenceKind.HEALTH_CARD), Paper(EvidenceKind.HEALTH_CARD)], None),
        ([Paper(EvidenceKind.HEALTH_CARD), Paper(EvidenceKind.BAPTISM_CERTIFICATE)], Level.LOW),
    ],
)
def test_reg_5_papers_reach_a_level(papers, level):
    """REG-5."""
    assert level_of(papers) == level


_PAPERS = st.builds(Paper, st.sampled_from(EvidenceKind), st.frozensets(st.sampled_from(EvidenceCheck)))
_ORDER = [None, Level.LOW, Level.SUBSTANTIAL, Level.HIGH]


@given(st.lists(_PAPERS, max_size=4), _PAPERS)
def test_reg_5_one_more_paper_never_lowers_the_level(papers, another):
    """REG-5."""
    assert _ORDER.index(level_of([*papers, another])) >= _ORDER.index(level_of(papers))


def test_reg_4_the_last_day_of_a_document_still_counts():
    """REG-4."""

    def refusal(**changes):
        facts = {"expires_on": TODAY, "is_temporary": False, "is_reported": False, "today": TODAY} | changes
        return refusal_of_document(**facts)

    assert refusal() is None
    assert refusal(expires_on=TODAY - timedelta(days=1)) is DocumentRefusal.EXPIRED
    assert refusal(is_reported=True) is DocumentRefusal.REPORTED
    assert refusal(is_temporary=True) is DocumentRefusal.TEMPORARY


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ([], Verdict.GOING),
        ([True, True], Verdict.GOING),
        ([True, True, None], Verdict.GOING),
        ([True, True, False], Verdict.PASSED),
        ([True, False, False], Verdict.ONE_MORE),
        ([False, False, False], Verdict.FAILED),
        ([False, True, False, None], Verdict.GOING),
        ([False, True, False, True], Verdict.PASSED),
        ([False, True, False, False], Verdict.FAILED),
    ],
)
def test_reg_6_three_questions_two_right_one_more_after_two_wrong(answers, verdict):
    """REG-6."""
    assert verdict_of(answers) is verdict


def test_reg_6_who_passes_has_two_right_answers_however_it_came():
    """REG-6: every round there can be."""
    for count in range(3, MOST_ASKED + 1):
        for answers in product([True, False], repeat=count):
            if verdict_of(answers) is Verdict.PASSED:
                assert sum(answers) >= 2


def person_refusal(**changes):
    facts = {
        "purpose": CasePurpose.ISSUE,
        "status": PersonStatus.ALIVE,
        "born_on": date(1980, 1, 1),
        "has_identity": False,
        "is_blocked": False,
        "today": TODAY,
    } | changes
    return refusal_of_person(**facts)


def test_reg_2_who_may_be_served():
    """REG-2, BLK-2."""
    reopen = {"purpose": CasePurpose.REOPEN}
    assert person_refusal() is None
    assert person_refusal(status=PersonStatus.EMIGRATED) is None
    assert person_refusal(status=PersonStatus.DEAD) is PersonRefusal.DEAD
    assert person_refusal(status=PersonStatus.DISAPPEARED) is PersonRefusal.DISAPPEARED
    assert person_refusal(born_on=date(2013, 11, 23)) is None
    assert person_refusal(born_on=date(2013, 11, 24)) is PersonRefusal.TOO_YOUNG
    assert person_refusal(has_identity=True) is PersonRefusal.HAS_IDENTITY
    assert person_refusal(**reopen) is PersonRefusal.HAS_NO_IDENTITY
    assert person_refusal(**reopen, has_identity=True) is PersonRefusal.NOT_BLOCKED
    assert person_refusal(**reopen, has_identity=True, is_blocked=True) is None


def test_nothing_leads_out_of_a_decided_case_and_nothing_round_the_proof():
    """REG-1."""
    for old, new in product(CaseState, CaseState):
        if old not in LIVE_CASE_STATES:
            assert not may_become(old, new)
    assert not may_become(CaseState.OPEN, CaseState.APPROVED)
    assert not may_become(CaseState.OPEN, CaseState.AWAITING_SECOND_OFFICER)


def test_reg_1_10_a_clerk_approves_what_is_proven_today():
    """REG-1, REG-10."""

    def refusal(**changes):
        facts = {
            "purpose": CasePurpose.ISSUE,
            "wanted": CasePurpose.ISSUE,
            "state": CaseState.EXAMINED,
            "looked_up_at": NOW,
            "is_own": False,
            "now": NOW,
        } | changes
        return refusal_to_approve(**facts)

    assert refusal() is None
    assert refusal(wanted=CasePurpose.REOPEN) is StepRefusal.WRONG_PURPOSE
    assert refusal(is_own=True) is StepRefusal.OWN_IDENTITY
    assert refusal(looked_up_at=None) is StepRefusal.TOO_OLD
    assert refusal(now=NOW + LOOK_UP_LASTS - timedelta(microseconds=1)) is None
    assert refusal(now=NOW + LOOK_UP_LASTS) is StepRefusal.TOO_OLD
    for state in set(CaseState) - {CaseState.EXAMINED}:
        assert refusal(state=state) is StepRefusal.NOT_EXAMINED


def test_reg_10_when_one_clerk_is_not_enough():
    """REG-10."""
    plain = {"has_document": True, "has_cpr_number": True, "block_codes": ["citizen", "support"]}
    assert not needs_second_officer(**plain)
    assert needs_second_officer(**plain | {"has_document": False})
    assert needs_second_officer(**plain | {"has_cpr_number": False})
    for code in {*BlockReason.values, *BlockSource.values}:
        assert needs_second_officer(**plain | {"block_codes": ["citizen", code]}) is (
            code in {"fraud", "suspected_misuse", "unexpected_alert"}
        )


def test_reg_10_the_second_officer_is_another_person():
    """REG-10."""
    first, second = uuid4(), uuid4()

    def refusal(**changes):
        facts = {
            "state": CaseState.AWAITING_SECOND_OFFICER,
            "looked_up_at": NOW,
            "first_identity_id": first,
            "second_identity_id": second,
            "is_own": False,
            "now": NOW,
        } | changes
        return refusal_to_second(**facts)

    assert refusal() is None
    assert refusal(second_identity_id=first) is StepRefusal.SAME_OFFICER
    assert refusal(is_own=True) is StepRefusal.OWN_IDENTITY
    assert refusal(state=CaseState.EXAMINED) is StepRefusal.NOT_AWAITING
    assert refusal(first_identity_id=None) is StepRefusal.NOT_AWAITING
    assert refusal(looked_up_at=None) is StepRefusal.TOO_OLD
    assert refusal(now=NOW + LOOK_UP_LASTS) is StepRefusal.TOO_OLD
    assert is_own_identity(officer_identity_id=first, identity_id=first)
    assert not is_own_identity(officer_identity_id=first, identity_id=None)


def test_reg_11_rights_run_out():
    """REG-11."""

    def refusal(**changes):
        facts = {
            "role": OfficerRole.CLERK,
            "needed": OfficerRole.CLERK,
            "is_ended": False,
            "valid_until": TODAY,
            "agreement_until": TODAY,
            "today": TODAY,
        } | changes
        return refusal_to_act(**facts)

    yesterday = TODAY - timedelta(days=1)
    assert refusal() is None
    assert refusal(valid_until=yesterday) is OfficerRefusal.RIGHT_EXPIRED
    assert refusal(agreement_until=yesterday) is OfficerRefusal.AGREEMENT_EXPIRED
    assert refusal(is_ended=True) is OfficerRefusal.ENDED
    for role, needed in product(OfficerRole, OfficerRole):
        assert (refusal(role=role, needed=needed) is None) is (role is needed)


def test_sup_1_only_blocking_needs_no_proof():
    """SUP-1."""

    def refusal(act, *, is_known=False, now=NOW):
        return refusal_to_act_in_call(act, opened_at=NOW, is_identified=is_known, now=now)

    assert refusal(SupportAct.BLOCK) is None
    assert refusal(SupportAct.IDENTIFY) is None
    assert refusal(SupportAct.IDENTIFY, is_known=True) is SupportRefusal.ALREADY_IDENTIFIED
    for act in (SupportAct.CANCEL_CHANGE, SupportAct.TELL_USER_ID):
        assert refusal(act) is SupportRefusal.NOT_IDENTIFIED
        assert refusal(act, is_known=True) is None
    for act in SupportAct:
        assert refusal(act, is_known=True, now=NOW + CALL_LASTS) is SupportRefusal.CALL_OVER
    assert is_identified(has_right_number=True, verdict=Verdict.PASSED)
    assert not is_identified(has_right_number=False, verdict=Verdict.PASSED)
    assert not any(is_identified(has_right_number=True, verdict=v) for v in set(Verdict) - {Verdict.PASSED})


def test_reg_1_contacts_and_devices_come_after_the_proof():
    """REG-1."""
    for purpose, state in product(CasePurpose, CaseState):
        prove = {"purpose": purpose, "state": state, "looked_up_at": NOW}
        may_prove = refusal_to_prove_contact(**prove, is_own=False, now=NOW) is None
        assert may_prove is (purpose is not CasePurpose.NEW_AUTHENTICATOR and state is CaseState.EXAMINED)
        assert refusal_to_prove_contact(**prove, is_own=True, now=NOW) is not None
        assert refusal_to_prove_contact(**prove, is_own=False, now=NOW + LOOK_UP_LASTS) is not None
        refusal = refusal_to_hand_out(state=state, looked_up_at=NOW, is_own=False, was_blocked_since=False, now=NOW)
        assert (refusal is None) is (state is CaseState.APPROVED)
    approved = {"state": CaseState.APPROVED, "looked_up_at": NOW, "is_own": False, "was_blocked_since": False}
    late = refusal_to_hand_out(**approved, now=NOW + LOOK_UP_LASTS)
    assert late is StepRefusal.TOO_OLD
    own = refusal_to_hand_out(**approved | {"is_own": True}, now=NOW)
    assert own is StepRefusal.OWN_IDENTITY
    blocked = refusal_to_hand_out(**approved | {"was_blocked_since": True}, now=NOW)
    assert blocked is StepRefusal.BLOCKED_SINCE


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({}, CaseStep.PERSON),
        ({"has_person": True}, CaseStep.DOCUMENT),
        ({"has_person": True, "has_document": True}, CaseStep.QUESTIONS),
        ({"has_person": True, "has_document": True, "verdict": Verdict.FAILED}, None),
        ({"has_person": True, "has_document": True, "state": CaseState.EXAMINED}, CaseStep.CONTACTS),
        (
            {"has_person": True, "has_document": True, "state": CaseState.EXAMINED, "missing_contacts": set()},
            CaseStep.ISSUE,
        ),
        (
            {"has_person": True, "has_document": True, "state": CaseState.EXAMINED, "purpose": CasePurpose.REOPEN},
            CaseStep.REOPEN,
        ),
        ({"state": CaseState.AWAITING_SECOND_OFFICER}, CaseStep.SECOND),
        ({"state": CaseState.APPROVED}, CaseStep.DEVICE),
        ({"state": CaseState.APPROVED, "has_handed_out": True}, CaseStep.DONE),
        ({"state": CaseState.REFUSED}, CaseStep.DONE),
    ],
)
def test_the_next_step_follows_what_is_there(changes, step):
    """REG-1, REG-3."""
    facts = {
        "purpose": CasePurpose.ISSUE,
        "state": CaseState.OPEN,
        "has_person": False,
        "has_document": False,
        "verdict": Verdict.GOING,
        "missing_contacts": {"phone"},
        "has_handed_out": False,
    } | changes
    assert next_step(**facts) is step


def test_sup_3_a_case_shows_whom_it_is_about_while_it_is_worked_on():
    """SUP-3."""
    for state in CaseState:
        assert shows_nobody(state=state, looked_up_at=NOW, now=NOW) is (state not in LIVE_CASE_STATES)
    assert shows_nobody(state=CaseState.EXAMINED, looked_up_at=NOW, now=NOW + LOOK_UP_LASTS)
    assert not shows_nobody(state=CaseState.OPEN, looked_up_at=None, now=NOW)


def test_reg_6_two_wrong_answers_elsewhere_are_a_spent_chance():
    """REG-6, SUP-1."""
    assert [has_failed_lately(wrong_answers=count) for count in range(4)] == [False, False, True, True]
