"""Reopening after fraud takes two people (REG-10): who they are, until when, and what the citizen hears of it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from audit.api import EventKind
from identities.api import BlockReason, BlockSource, IdentityState, identity_by_id
from mitid_portal import clock
from notifications.api import MessageKind
from registration.models import ProofingCase
from registration.queries import case_of
from registration.rules.case import LOOK_UP_LASTS, StepRefusal
from registration.states import CasePurpose, CaseState, OfficerRole
from registration.steps import MayNotAct
from registration.usecases.approve_and_issue import Approved
from registration.usecases.approve_and_reopen import AwaitsSecond, approve_and_reopen
from registration.usecases.cancel_case import cancel_case
from registration.usecases.results import Ended, StepRefused
from registration.usecases.second_approve import second_approve
from tests.factories.registration import a_clerk, an_examined_case, an_officer_of, logged_in
from tests.registration.clerks import alerts, block, events, identity_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def identity_id(person, now):
    return identity_of(person, now=now)


def a_case_after_fraud(clerk, person, identity_id, *, now, **of_the_block):
    block(identity_id, now=now, **(of_the_block or {"source": BlockSource.FRAUD}))
    return an_examined_case(clerk, person, now=now, purpose=CasePurpose.REOPEN)


def approve(officer, case_id, now):
    return approve_and_reopen(officer_id=officer.id, case_id=case_id, now=now)


def second(officer, case_id, now):
    return second_approve(officer_id=officer.id, case_id=case_id, now=now)


@pytest.mark.parametrize(
    "why",
    [
        {"source": BlockSource.FRAUD},
        {"reason": BlockReason.FRAUD},
        {"reason": BlockReason.SUSPECTED_MISUSE},
        {"reason": BlockReason.UNEXPECTED_ALERT},
        {"source": BlockSource.ALERT_HOLDER, "reason": BlockReason.UNEXPECTED_ALERT},
    ],
)
def test_reg_10_after_fraud_a_second_officer_is_needed(clerk, person, identity_id, now, why):
    """REG-10: whoever blocked, the suspicion counts."""
    case_id = a_case_after_fraud(clerk, person, identity_id, now=now, **why)
    assert approve(clerk, case_id, now) == AwaitsSecond()
    assert identity_by_id(identity_id).state is IdentityState.BLOCKED
    assert second(clerk, case_id, now) == StepRefused(StepRefusal.SAME_OFFICER)
    other = an_officer_of(clerk.office, now=now)
    assert second(other, case_id, now) == Approved(identity_id)
    case = ProofingCase.objects.get()
    assert (case.state, case.first_officer_id, case.second_officer_id) == (CaseState.APPROVED, clerk.id, other.id)
    assert identity_by_id(identity_id).state is IdentityState.ACTIVE
    assert len(events(EventKind.CASE_AWAITS_SECOND)) == len(events(EventKind.CASE_SECOND_APPROVED)) == 1


def test_reg_10_the_first_is_who_approved_not_who_opened(clerk, person, identity_id, now):
    """REG-10: a clerk who approves a colleague's case cannot be the second on it; the colleague can."""
    opener, approver = clerk, an_officer_of(clerk.office, now=now)
    case_id = a_case_after_fraud(opener, person, identity_id, now=now)
    assert approve(approver, case_id, now) == AwaitsSecond()
    assert second(approver, case_id, now) == StepRefused(StepRefusal.SAME_OFFICER)
    assert identity_by_id(identity_id).state is IdentityState.BLOCKED
    view = case_of(case_id, office_id=clerk.office.id, now=now)
    assert view.first_officer_identity_id == approver.who.identity_id
    assert second(opener, case_id, now) == Approved(identity_id)


def test_reg_10_the_page_offers_the_second_approval_to_another_only(person):
    """REG-10."""
    at = clock.now()
    clerk = a_clerk(now=at)
    approver = an_officer_of(clerk.office, now=at)
    case_id = a_case_after_fraud(clerk, person, identity_of(person, now=at), now=at)
    assert approve(approver, case_id, at) == AwaitsSecond()
    url = reverse("registration:case-second", kwargs={"case_id": case_id})
    form = f'action="{url}"'
    for officer, is_offered in ((approver, False), (clerk, True)):
        page = logged_in(officer.who, now=at).get(url).content.decode()
        assert (form in page) is is_offered


def test_reg_10_a_second_officer_is_of_the_same_day(clerk, person, identity_id, now):
    """REG-10, REG-1."""
    case_id = a_case_after_fraud(clerk, person, identity_id, now=now)
    approve(clerk, case_id, now)
    other = an_officer_of(clerk.office, now=now)
    assert second(other, case_id, now + LOOK_UP_LASTS) == StepRefused(StepRefusal.TOO_OLD)
    just = now + LOOK_UP_LASTS - timedelta(seconds=1)
    assert second(other, case_id, just) == Approved(identity_id)


def test_alr_2_the_citizen_hears_of_each_step(clerk, person, identity_id, now):
    """ALR-2."""
    case_id = a_case_after_fraud(clerk, person, identity_id, now=now)
    before = len(alerts(identity_id, MessageKind.OFFICER_ACTED))
    approve(clerk, case_id, now)
    assert len(alerts(identity_id, MessageKind.OFFICER_ACTED)) == before + 2
    assert cancel_case(officer_id=clerk.id, case_id=case_id, now=now) == Ended(CaseState.CANCELLED)
    told = alerts(identity_id, MessageKind.OFFICER_ACTED)
    assert len(told) == before + 4


def test_reg_10_a_support_agent_is_no_second_clerk(clerk, person, identity_id, now):
    """REG-10, REG-11: a right of another role does not make one person two."""
    case_id = a_case_after_fraud(clerk, person, identity_id, now=now)
    approve(clerk, case_id, now)
    agent = an_officer_of(clerk.office, now=now, role=OfficerRole.SUPPORT)
    with pytest.raises(MayNotAct):
        second(agent, case_id, now)
