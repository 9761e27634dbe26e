"""The pure rules of handing out, blocking and caring for authenticators."""

from datetime import UTC, date, datetime, timedelta

import pytest

from registration.rules.case import (
    LOOK_UP_LASTS,
    StepRefusal,
    refusal_of_person,
    refusal_to_block,
    refusal_to_care_for,
)
from registration.rules.progress import STEPS, CaseStep, next_step
from registration.rules.support import BLOCKING, CALL_LASTS, SupportAct, SupportRefusal, refusal_to_act_in_call
from registration.states import LIVE_CASE_STATES, CasePurpose, CaseState, PersonRefusal, PersonStatus, Verdict

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("has_identity", "is_blocked", "refusal"),
    [
        (True, False, None),
        (True, True, PersonRefusal.IS_BLOCKED),
        (False, False, PersonRefusal.HAS_NO_IDENTITY),
    ],
)
def test_blk_2_who_may_have_a_further_authenticator(has_identity, is_blocked, refusal):
    """BLK-2, REG-2."""
    facts = {"purpose": CasePurpose.NEW_AUTHENTICATOR, "born_on": date(1980, 1, 1), "today": date(2026, 11, 23)}
    facts |= {"has_identity": has_identity, "is_blocked": is_blocked}
    assert refusal_of_person(status=PersonStatus.ALIVE, **facts) is refusal
    assert refusal_of_person(status=PersonStatus.DEAD, **facts) is PersonRefusal.DEAD


@pytest.mark.parametrize("state", list(CaseState))
def test_blk_1_a_clerk_blocks_in_a_live_case_whose_person_was_looked_up(state):
    """BLK-1, REG-10, SUP-3."""
    facts = {"state": state, "looked_up_at": NOW, "has_identity": True, "is_own": False}
    allowed = refusal_to_block(now=NOW + LOOK_UP_LASTS - TICK, **facts)
    if state not in LIVE_CASE_STATES:
        assert allowed is StepRefusal.NOT_OPEN
        return
    assert allowed is None
    assert refusal_to_block(now=NOW + LOOK_UP_LASTS, **facts) is StepRefusal.TOO_OLD
    assert refusal_to_block(now=NOW, **facts | {"is_own": True}) is StepRefusal.OWN_IDENTITY
    nobody = facts | {"has_identity": False}
    assert refusal_to_block(now=NOW, **nobody) is StepRefusal.NOTHING_TO_BLOCK
    assert refusal_to_block(now=NOW, **nobody | {"looked_up_at": None}) is StepRefusal.NOT_LOOKED_UP


@pytest.mark.parametrize("state", list(CaseState))
def test_reg_1_a_clerk_reopens_and_resyncs_for_who_is_proven(state):
    """REG-1, REG-10."""
    facts = {"state": state, "looked_up_at": NOW, "is_own": False}
    if state is not CaseState.EXAMINED:
        assert refusal_to_care_for(now=NOW, **facts) is StepRefusal.NOT_EXAMINED
        return
    assert refusal_to_care_for(now=NOW + LOOK_UP_LASTS - TICK, **facts) is None
    assert refusal_to_care_for(now=NOW + LOOK_UP_LASTS, **facts) is StepRefusal.TOO_OLD
    assert refusal_to_care_for(now=NOW, **facts | {"is_own": True}) is StepRefusal.OWN_IDENTITY


@pytest.mark.parametrize("act", list(SupportAct))
def test_sup_1_before_the_proof_support_only_blocks(act):
    """SUP-1, SUP-3."""
    in_time, late = NOW + CALL_LASTS - TICK, NOW + CALL_LASTS
    unproven = refusal_to_act_in_call(act, opened_at=NOW, is_identified=False, now=in_time)
    free = BLOCKING | {SupportAct.IDENTIFY}
    assert unproven is (None if act in free else SupportRefusal.NOT_IDENTIFIED)
    for is_identified in (True, False):
        over = refusal_to_act_in_call(act, opened_at=NOW, is_identified=is_identified, now=late)
        assert over is SupportRefusal.CALL_OVER


def test_a_visit_goes_from_the_questions_to_the_approval():
    """REG-1."""
    facts = {
        "purpose": CasePurpose.NEW_AUTHENTICATOR,
        "has_person": True,
        "has_document": True,
        "verdict": Verdict.PASSED,
        "missing_contacts": {"phone", "email"},
        "has_handed_out": False,
    }
    assert next_step(state=CaseState.EXAMINED, **facts) is CaseStep.APPROVE
    assert next_step(state=CaseState.APPROVED, **facts) is CaseStep.DEVICE
    assert CaseStep.APPROVE in STEPS[CasePurpose.NEW_AUTHENTICATOR]
    assert set(STEPS) == set(CasePurpose)
