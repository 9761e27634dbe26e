"""Clerks block for the citizen who is there, and find drifted clocks."""

from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import EventKind
from identities.api import (
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockReason,
    BlockSource,
    IdentityState,
    authenticator_of,
    identity_by_id,
    standing_blocks_of,
    suspend_authenticator,
)
from notifications.api import MessageKind
from registration.models import ProofingCase
from registration.queries import case_of
from registration.rules.case import StepRefusal
from registration.states import CasePurpose, CaseState
from registration.usecases.approve_and_issue import Approved
from registration.usecases.approve_and_reopen import approve_and_reopen
from registration.usecases.block_in_case import (
    BlockedInCase,
    NotedInCase,
    block_authenticator_in_case,
    block_identity_in_case,
)
from registration.usecases.reopen_authenticator_in_case import ReopenedInCase, reopen_authenticator_in_case
from registration.usecases.results import StepRefused
from registration.usecases.resync_in_case import ClockFound, resync_in_case
from tests.factories.authenticators import an_app_row
from tests.factories.identities import a_resident, an_officer
from tests.factories.registration import (
    a_case_about,
    a_clerk,
    a_visiting_case,
    an_examined_case,
    an_open_case,
    plain_people,
)
from tests.registration.clerks import alerts, as_person, block, events, identity_of

pytestmark = pytest.mark.django_db
VISIT = CasePurpose.NEW_AUTHENTICATOR
STEP = timedelta(seconds=30)


def block_whole(clerk, case_id, now):
    return block_identity_in_case(officer_id=clerk.id, case_id=case_id, reason=BlockReason.LOST_DEVICE, now=now)


def block_app(clerk, case_id, app_id, now):
    return block_authenticator_in_case(
        officer_id=clerk.id,
        case_id=case_id,
        kind=AuthenticatorKind.APP,
        authenticator_id=app_id,
        reason=AuthenticatorBlockReason.LOST_DEVICE,
        now=now,
    )


def resync(clerk, case_id, device, there, now):
    return resync_in_case(
        officer_id=clerk.id,
        case_id=case_id,
        first_code=device.code(there - STEP),
        second_code=device.code(there),
        now=now,
    )


def test_blk_1_the_whole_identity_is_blocked_from_the_look_up_on(clerk, person, now):
    """BLK-1, BLK-3, ALR-2."""
    identity_id = identity_of(person, now=now)
    case_id = a_case_about(clerk, person, now=now, purpose=VISIT)
    assert block_whole(clerk, case_id, now) == BlockedInCase()
    assert identity_by_id(identity_id).state is IdentityState.BLOCKED
    assert [block.source for block in standing_blocks_of(identity_id)] == [BlockSource.RA]
    assert len(alerts(identity_id, MessageKind.IDENTITY_BLOCKED)) == 2
    assert events(EventKind.IDENTITY_BLOCKED)[0].actor_id == clerk.id
    assert block_whole(clerk, case_id, now) == StepRefused(StepRefusal.ALREADY_BLOCKED)
    assert events(EventKind.DESK_ACT_REFUSED)[0].facts["reason"] == "already_blocked"


def test_blk_3_a_suspicion_heard_at_the_desk_is_noted_beside_the_first_reason(clerk, person, now):
    """BLK-3, REG-10, ALR-2."""
    identity_id = identity_of(person, now=now)
    case_id = a_case_about(clerk, person, now=now, purpose=VISIT)
    assert block_whole(clerk, case_id, now) == BlockedInCase()
    told = len(alerts(identity_id, MessageKind.IDENTITY_BLOCKED))
    misuse = BlockReason.SUSPECTED_MISUSE
    outcome = block_identity_in_case(officer_id=clerk.id, case_id=case_id, reason=misuse, now=now)
    assert outcome == NotedInCase()
    assert [block.reason for block in standing_blocks_of(identity_id)] == [BlockReason.LOST_DEVICE, misuse]
    assert len(alerts(identity_id, MessageKind.IDENTITY_BLOCKED)) == told + 2
    assert events(EventKind.IDENTITY_BLOCKED)[-1].facts == {"source": "ra", "reason": "suspected_misuse"}
    assert not events(EventKind.DESK_ACT_REFUSED)


def test_blk_1_one_authenticator_is_blocked_for_good(clerk, person, now):
    """BLK-1, AUT-1, ALR-2."""
    identity_id = identity_of(person, now=now)
    app = an_app_row(identity_id, now=now)
    case_id = a_case_about(clerk, person, now=now, purpose=VISIT)
    assert block_app(clerk, case_id, app.id, now) == BlockedInCase()
    view = authenticator_of(identity_id, kind=AuthenticatorKind.APP, authenticator_id=app.id)
    assert view.state is AuthenticatorState.BLOCKED
    assert identity_by_id(identity_id).state is IdentityState.ACTIVE
    assert len(alerts(identity_id, MessageKind.AUTHENTICATOR_BLOCKED)) >= 2
    assert events(EventKind.AUTHENTICATOR_BLOCKED)[0].facts["reason"] == "lost_device"
    assert block_app(clerk, case_id, app.id, now) == StepRefused(StepRefusal.NOTHING_TO_BLOCK)


def test_what_is_somebody_elses_is_not_blocked_here(clerk, person, now):
    identity_of(person, now=now)
    foreign = an_app_row(a_resident(now=now).identity_id, now=now)
    case_id = a_case_about(clerk, person, now=now, purpose=VISIT)
    for app_id in (foreign.id, uuid7()):
        assert block_app(clerk, case_id, app_id, now) == StepRefused(StepRefusal.NOTHING_TO_BLOCK)
    foreign.refresh_from_db()
    assert foreign.state == AuthenticatorState.ACTIVE


def test_nothing_is_blocked_without_a_look_up_after_it_or_in_ones_own_name(clerk, person, now):
    """REG-10, SUP-3."""
    identity_of(person, now=now)
    opened = an_open_case(clerk, now=now, purpose=VISIT)
    assert block_whole(clerk, opened, now) == StepRefused(StepRefusal.NOT_LOOKED_UP)
    decided = a_visiting_case(clerk, person, now=now)
    assert block_whole(clerk, decided, now) == StepRefused(StepRefusal.NOT_OPEN)
    case_id = a_case_about(clerk, person, now=now, purpose=VISIT)
    assert block_whole(clerk, case_id, now + timedelta(hours=24)) == StepRefused(StepRefusal.TOO_OLD)
    first = a_case_about(clerk, plain_people()[9], now=now)
    assert block_whole(clerk, first, now) == StepRefused(StepRefusal.NOTHING_TO_BLOCK)
    ProofingCase.objects.filter(pk=case_id).update(identity=clerk.who.identity_id)
    assert block_whole(clerk, case_id, now) == StepRefused(StepRefusal.OWN_IDENTITY)
    assert not events(EventKind.IDENTITY_BLOCKED)


def test_another_offices_case_blocks_nothing(person, now):
    identity_id = identity_of(person, now=now)
    case_id = a_case_about(a_clerk(now=now), person, now=now, purpose=VISIT)
    with pytest.raises(ProofingCase.DoesNotExist):
        block_whole(a_clerk(now=now), case_id, now)
    assert identity_by_id(identity_id).state is IdentityState.ACTIVE


def test_sup_1_labels_are_seen_when_the_identity_is_proven(clerk, person, now):
    """REG-1: before that, what can be blocked is told apart by kind and day."""
    resident = a_resident(now=now, person=as_person(person))
    blocked = an_app_row(resident.identity_id, now=now)
    looked_up = a_case_about(clerk, person, now=now, purpose=VISIT)
    block_app(clerk, looked_up, blocked.id, now)
    examined = an_examined_case(clerk, person, now=now, purpose=VISIT)
    before = case_of(looked_up, office_id=clerk.office.id, now=now).authenticators
    after = case_of(examined, office_id=clerk.office.id, now=now).authenticators
    assert {line.label for line in before} == {""}
    assert AuthenticatorKind.APP not in {line.kind for line in before}
    assert resident.device.serial in {line.label for line in after}
    assert AuthenticatorKind.APP in {line.kind for line in after}
    decided = a_visiting_case(clerk, person, now=now)
    assert case_of(decided, office_id=clerk.office.id, now=now).authenticators == ()


def test_sec_3_a_drifted_clock_is_found_for_a_proven_citizen_only(clerk, person, now):
    """SEC-3, REG-1, ALR-2."""
    resident = a_resident(now=now, person=as_person(person))
    device, there = resident.device, now + 7 * STEP
    looked_up = a_case_about(clerk, person, now=now, purpose=VISIT)
    assert resync(clerk, looked_up, device, there, now) == StepRefused(StepRefusal.NOT_EXAMINED)
    case_id = an_examined_case(clerk, person, now=now, purpose=VISIT)
    told = len(alerts(resident.identity_id, MessageKind.OFFICER_ACTED))
    assert resync(clerk, case_id, device, now + 60 * STEP, now) == StepRefused(StepRefusal.CLOCK_NOT_FOUND)
    assert resync(clerk, case_id, device, there, now) == ClockFound()
    assert len(alerts(resident.identity_id, MessageKind.OFFICER_ACTED)) == told + 4
    assert len(events(EventKind.CODE_DEVICE_RESYNCED)) == len(events(EventKind.RESYNC_REFUSED)) == 1
    late = resync(clerk, case_id, device, there + 9 * STEP, now + timedelta(hours=24))
    assert late == StepRefused(StepRefusal.TOO_OLD)
    ProofingCase.objects.filter(pk=case_id).update(identity=clerk.who.identity_id)
    assert resync(clerk, case_id, device, there + 9 * STEP, now) == StepRefused(StepRefusal.OWN_IDENTITY)
    assert ProofingCase.objects.get(pk=case_id).state == CaseState.EXAMINED
    assert [one.facts["act"] for one in events(EventKind.DESK_ACT_REFUSED)] == ["resync"] * 4


def suspend(identity_id, app, source, now):
    with transaction.atomic():
        suspend_authenticator(
            identity_id=identity_id,
            kind=AuthenticatorKind.APP,
            authenticator_id=app.id,
            source=source,
            actor=an_officer(),
            now=now,
        )


def reopen(clerk, case_id, app_id, now):
    return reopen_authenticator_in_case(
        officer_id=clerk.id, case_id=case_id, kind=AuthenticatorKind.APP, authenticator_id=app_id, now=now
    )


@pytest.mark.parametrize("source", [BlockSource.CITIZEN, BlockSource.SUPPORT, BlockSource.ALERT_HOLDER])
def test_blk_3_what_somebody_suspended_is_reopened_in_person(clerk, person, now, source):
    """BLK-3, REG-1, ALR-2."""
    identity_id = identity_of(person, now=now)
    app = an_app_row(identity_id, now=now)
    suspend(identity_id, app, source, now)
    looked_up = a_case_about(clerk, person, now=now, purpose=VISIT)
    assert reopen(clerk, looked_up, app.id, now) == StepRefused(StepRefusal.NOT_EXAMINED)
    case_id = an_examined_case(clerk, person, now=now, purpose=VISIT)
    assert reopen(clerk, case_id, app.id, now) == ReopenedInCase()
    view = authenticator_of(identity_id, kind=AuthenticatorKind.APP, authenticator_id=app.id)
    assert view.state is AuthenticatorState.ACTIVE
    assert len(alerts(identity_id, MessageKind.AUTHENTICATOR_REOPENED)) >= 2
    assert events(EventKind.AUTHENTICATOR_REOPENED)[0].actor_id == clerk.id
    foreign = an_app_row(clerk.who.identity_id, now=now)
    suspend(clerk.who.identity_id, foreign, BlockSource.SUPPORT, now)
    for pk in (app.id, foreign.id, uuid7()):
        assert reopen(clerk, case_id, pk, now) == StepRefused(StepRefusal.NOT_SUSPENDED)
    ProofingCase.objects.filter(pk=case_id).update(identity=clerk.who.identity_id)
    assert reopen(clerk, case_id, foreign.id, now) == StepRefused(StepRefusal.OWN_IDENTITY)
    assert {one.facts["act"] for one in events(EventKind.DESK_ACT_REFUSED)} == {"reopen_authenticator"}


def test_reg_10_what_was_suspended_for_fraud_or_blocked_stays_so(clerk, person, now):
    """REG-10, AUT-1."""
    identity_id = identity_of(person, now=now)
    app = an_app_row(identity_id, now=now)
    suspend(identity_id, app, BlockSource.FRAUD, now)
    case_id = an_examined_case(clerk, person, now=now, purpose=VISIT)
    assert reopen(clerk, case_id, app.id, now) == StepRefused(StepRefusal.SUSPECTED_FRAUD)
    assert block_app(clerk, case_id, app.id, now) == BlockedInCase()
    assert reopen(clerk, case_id, app.id, now) == StepRefused(StepRefusal.NOT_SUSPENDED)


def test_blk_2_a_case_of_before_a_block_cares_for_nothing(clerk, person, now):
    """BLK-2, REG-1."""
    resident = a_resident(now=now, person=as_person(person))
    app = an_app_row(resident.identity_id, now=now)
    suspend(resident.identity_id, app, BlockSource.SUPPORT, now)
    old = an_examined_case(clerk, person, now=now, purpose=VISIT)
    block(resident.identity_id, now=now)
    later = now + timedelta(minutes=5)
    reopening = an_examined_case(clerk, person, now=later, purpose=CasePurpose.REOPEN)
    assert approve_and_reopen(officer_id=clerk.id, case_id=reopening, now=later) == Approved(resident.identity_id)
    blocked_since = StepRefused(StepRefusal.BLOCKED_SINCE)
    assert reopen(clerk, old, app.id, later) == blocked_since
    assert resync(clerk, old, resident.device, later + 7 * STEP, later) == blocked_since
    fresh = an_examined_case(clerk, person, now=later, purpose=VISIT)
    assert reopen(clerk, fresh, app.id, later) == ReopenedInCase()
    assert resync(clerk, fresh, resident.device, later + 7 * STEP, later) == ClockFound()
