"""An app's PIN: right, wrong, paused, blocked (SEC-1, TRY-1)."""

from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid4

from audit.api import Actor, EventKind, events_about
from hsm.api import verifier_matches
from identities import sealing
from identities.api import (
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockReason,
    BlockSource,
    IdentityState,
    PinOutcome,
    accept_pin,
    app_of,
    block_identity,
    identity_by_id,
    suspend_authenticator,
)
from identities.models import App
from notifications.api import MessageKind
from notifications.models import Delivery
from tests.factories.apps import PIN, an_app
from tests.factories.identities import a_resident

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WRONG = "190735"


@pytest.fixture
def resident(now):
    return a_resident(now=now)


@pytest.fixture
def app(resident, now):
    return an_app(resident, now=now)


def typed(app, pin, at):
    with transaction.atomic():
        return accept_pin(app_id=app.id, pin=pin, actor=Actor.citizen(app.identity_id), now=at)


def wrong_three_times(app, at):
    return [typed(app, WRONG, at) for _ in range(3)]


def kinds_of(identity_id):
    return [line.kind for line in events_about(subject_id=identity_id, limit=100)]


def test_sec_1_the_pin_is_kept_only_as_what_the_hsm_made_of_it_for_this_app(app, resident, now):
    """SEC-1."""
    row = App.objects.get(pk=app.id)
    stored = bytes(row.pin_verifier)
    assert verifier_matches(PIN, stored, purpose=sealing.APP_PIN, bound_to=app.id)
    assert not verifier_matches(PIN, stored, purpose=sealing.APP_PIN, bound_to=uuid4())
    second = an_app(resident, now=now)
    App.objects.filter(pk=second.id).update(pin_verifier=stored)
    assert typed(second, PIN, now) is PinOutcome.WRONG


def test_a_right_pin_is_accepted_and_noted(app, now):
    assert typed(app, PIN, now + HOUR) is PinOutcome.ACCEPTED
    assert App.objects.get(pk=app.id).last_used_at == now + HOUR


def test_try_1_a_right_pin_forgets_the_wrong_ones_before(app, now):
    """TRY-1: in a row."""
    for _ in range(5):
        assert [typed(app, WRONG, now), typed(app, WRONG, now)] == [PinOutcome.WRONG] * 2
        assert typed(app, PIN, now) is PinOutcome.ACCEPTED


def test_try_1_three_wrong_pins_pause_the_app_for_ten_minutes(app, now):
    """TRY-1."""
    assert wrong_three_times(app, now) == [PinOutcome.WRONG, PinOutcome.WRONG, PinOutcome.PAUSED]
    assert app_of(app.id).paused_until == now + 10 * MINUTE
    assert typed(app, PIN, now + 10 * MINUTE - SECOND) is PinOutcome.PAUSED
    assert typed(app, PIN, now + 10 * MINUTE) is PinOutcome.ACCEPTED
    assert kinds_of(app.identity_id).count(EventKind.AUTHENTICATOR_PAUSED) == 1


def test_try_1_a_pin_during_the_pause_is_refused_right_or_wrong_and_neither_counts(app, now):
    """TRY-1."""
    wrong_three_times(app, now)
    before = App.objects.filter(pk=app.id).values().get()
    for pin in (PIN, WRONG, PIN, WRONG, WRONG):
        assert typed(app, pin, now + MINUTE) is PinOutcome.PAUSED
    assert App.objects.filter(pk=app.id).values().get() == before


def test_try_1_three_more_pause_it_for_an_hour(app, now):
    """TRY-1."""
    wrong_three_times(app, now)
    again = now + 10 * MINUTE
    assert wrong_three_times(app, again)[-1] is PinOutcome.PAUSED
    assert typed(app, PIN, again + HOUR - SECOND) is PinOutcome.PAUSED
    assert typed(app, PIN, again + HOUR) is PinOutcome.ACCEPTED


def test_try_1_three_more_block_it_for_good_sign_out_everywhere_and_tell_the_citizen(app, resident, now):
    """TRY-1, ALR-2, BLK-1."""
    an_app(resident, now=now)
    wrong_three_times(app, now)
    wrong_three_times(app, now + HOUR)
    at = now + 3 * HOUR
    assert wrong_three_times(app, at) == [PinOutcome.WRONG, PinOutcome.WRONG, PinOutcome.BLOCKED]
    assert typed(app, PIN, at + 24 * HOUR) is PinOutcome.BLOCKED
    row = App.objects.get(pk=app.id)
    assert (row.state, row.blocked_at) == (AuthenticatorState.BLOCKED, at)
    assert identity_by_id(app.identity_id).signed_out_at == at
    told = Delivery.objects.filter(reference=app.identity_id, kind=MessageKind.AUTHENTICATOR_BLOCKED)
    assert sorted(told.values_list("channel", flat=True)) == ["APP", "EMAIL", "SMS"]
    blocked = next(
        line
        for line in events_about(subject_id=app.identity_id, limit=100)
        if line.kind is EventKind.AUTHENTICATOR_BLOCKED
    )
    assert blocked.facts == {"authenticator": "app", "reason": "wrong_tries"}


def test_try_1_wrong_pins_of_one_app_leave_the_other_alone(app, resident, now):
    """TRY-1: counters are per factor."""
    other = an_app(resident, now=now)
    wrong_three_times(app, now)
    assert typed(other, PIN, now) is PinOutcome.ACCEPTED


def test_a_suspended_app_looks_paused_and_counts_nothing(app, now):
    with transaction.atomic():
        suspend_authenticator(
            identity_id=app.identity_id,
            kind=AuthenticatorKind.APP,
            authenticator_id=app.id,
            source=BlockSource.CITIZEN,
            reason=AuthenticatorBlockReason.OWN_WISH,
            actor=Actor.citizen(app.identity_id),
            now=now,
        )
    assert [typed(app, pin, now) for pin in (PIN, WRONG, WRONG, WRONG, WRONG)] == [PinOutcome.PAUSED] * 5
    assert App.objects.get(pk=app.id).wrong_in_a_row == 0


def test_blk_1_the_app_of_a_blocked_identity_opens_nothing(app, now):
    """BLK-1."""
    with transaction.atomic():
        block_identity(
            identity_id=app.identity_id,
            source=BlockSource.CITIZEN,
            reason=BlockReason.OWN_WISH,
            actor=Actor.citizen(app.identity_id),
            now=now,
        )
    assert typed(app, PIN, now + HOUR) is PinOutcome.BLOCKED
    assert app_of(app.id).identity_state is IdentityState.BLOCKED


def test_an_app_is_found_with_what_decides_whether_it_opens_anything(app, resident, now):
    view = app_of(app.id)
    assert (view.identity_id, view.user_id) == (resident.identity_id, resident.user_id)
    assert view.device_key == app.phone.device_key
    assert (view.state, view.enrolled_level) == (AuthenticatorState.ACTIVE, AssuranceLevel.SUBSTANTIAL)
    assert app_of(uuid4()) is None
