"""One authenticator is suspended, blocked and reopened; what ends with it, and who is told (BLK-1, BLK-3, AUT-1)."""

from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor, EventKind, events_about
from identities.api import (
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockSource,
    CodeCarrier,
    CodeGiven,
    accept_code,
    accept_password,
    authenticator_of,
    authenticators_of,
    block_authenticator,
    give_activation_code,
    identity_by_id,
    live_authenticators_of,
    pending_changes_of,
    reopen_authenticator,
    suspend_authenticator,
)
from identities.models import ActivationCode, App, AppEnrolment, Chip, CodeDevice, CopyTicket, PasswordFactor
from identities.rules.limits import may_reopen_alone, who_keeps_suspended
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from tests.factories.authenticators import a_chip_row, an_app_row
from tests.factories.identities import a_resident, an_officer
from tests.factories.selfservice import a_login, a_requested_change, change_row

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
KINDS = [
    AuthenticatorKind.APP,
    AuthenticatorKind.CHIP,
    AuthenticatorKind.CODE_DISPLAY,
    AuthenticatorKind.AUDIO_READER,
    AuthenticatorKind.PASSWORD,
]


@pytest.fixture
def resident(now):
    """Somebody with an app, a chip, a code display and a password."""
    resident = a_resident(now=now)
    an_app_row(resident.identity_id, now=now)
    a_chip_row(resident.identity_id, now=now)
    return resident


def own(resident, kind):
    if kind is AuthenticatorKind.AUDIO_READER:
        CodeDevice.objects.update(kind=kind)
    found = [view for view in authenticators_of(resident.identity_id) if view.kind is kind]
    assert len(found) == 1
    return found[0]


def suspend(resident, view, now, source=BlockSource.CITIZEN, identity_id=None):
    with transaction.atomic():
        return suspend_authenticator(
            identity_id=identity_id or resident.identity_id,
            kind=view.kind,
            authenticator_id=view.id,
            source=source,
            reason=AuthenticatorBlockReason.LOST_DEVICE,
            actor=Actor.citizen(resident.identity_id),
            now=now,
        )


def block(resident, view, now):
    with transaction.atomic():
        return block_authenticator(
            identity_id=resident.identity_id,
            kind=view.kind,
            authenticator_id=view.id,
            reason=AuthenticatorBlockReason.LOST_DEVICE,
            actor=an_officer(),
            now=now,
        )


def reopen(resident, view, now):
    with transaction.atomic():
        return reopen_authenticator(
            identity_id=resident.identity_id,
            kind=view.kind,
            authenticator_id=view.id,
            actor=an_officer(),
            now=now,
        )


def told(resident, kind):
    rows = Delivery.objects.filter(reference=resident.identity_id, kind=kind)
    return sorted(rows.values_list("channel", flat=True))


def kinds_logged(resident):
    return [event.kind for event in events_about(subject_id=resident.identity_id, limit=50)]


@pytest.mark.parametrize("kind", KINDS)
def test_blk_3_what_was_suspended_comes_back_and_everybody_is_told(resident, now, kind):
    """BLK-1, BLK-3, ALR-2."""
    view = own(resident, kind)
    assert suspend(resident, view, now)
    seen = own(resident, kind)
    assert (seen.state, seen.suspended_by, seen.blocked_at) == (AuthenticatorState.SUSPENDED, BlockSource.CITIZEN, None)
    assert kind not in {live.kind for live in live_authenticators_of(resident.identity_id, now=now)}
    assert told(resident, MessageKind.AUTHENTICATOR_SUSPENDED) == [Channel.APP, Channel.EMAIL, Channel.SMS]
    assert reopen(resident, view, now + HOUR)
    assert own(resident, kind).state is AuthenticatorState.ACTIVE
    assert own(resident, kind).suspended_by is None
    assert told(resident, MessageKind.AUTHENTICATOR_REOPENED) == [Channel.APP, Channel.EMAIL, Channel.SMS]
    logged = kinds_logged(resident)
    assert logged.count(EventKind.AUTHENTICATOR_SUSPENDED) == logged.count(EventKind.AUTHENTICATOR_REOPENED) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_aut_1_what_is_blocked_never_comes_back(resident, now, kind):
    """AUT-1, BLK-1, ALR-2."""
    view = own(resident, kind)
    assert block(resident, view, now)
    assert not reopen(resident, view, now + HOUR)
    assert not suspend(resident, view, now + HOUR)
    assert not block(resident, view, now + HOUR)
    seen = own(resident, kind)
    assert (seen.state, seen.blocked_at, seen.suspended_by) == (AuthenticatorState.BLOCKED, now, None)
    assert authenticators_of(resident.identity_id)[-1] == seen
    assert set(told(resident, MessageKind.AUTHENTICATOR_BLOCKED)) >= {Channel.EMAIL, Channel.SMS}
    assert kinds_logged(resident).count(EventKind.AUTHENTICATOR_BLOCKED) == 1


def test_a_suspended_one_may_be_blocked(resident, now):
    view = own(resident, AuthenticatorKind.CHIP)
    assert suspend(resident, view, now)
    assert block(resident, view, now)
    assert Chip.objects.get().suspended_by is None


@pytest.mark.parametrize("act", [suspend, block])
@pytest.mark.parametrize("kind", KINDS)
def test_blk_1_the_end_of_one_ends_logins_codes_changes_and_apps_on_their_way(resident, now, kind, act):
    """BLK-1."""
    login = a_login(resident.identity_id, at=now)
    change = a_requested_change(login, now=now)
    with transaction.atomic():
        code = give_activation_code(
            identity_id=resident.identity_id,
            kind=AuthenticatorKind.APP,
            carrier=CodeCarrier.PAPER,
            proven_level=AssuranceLevel.HIGH,
            actor=an_officer(),
            now=now,
        )
    assert isinstance(code, CodeGiven)
    app = App.objects.get()
    enrolment = AppEnrolment.objects.create(
        identity_id=resident.identity_id,
        activation_code=ActivationCode.objects.get(state="open"),
        installation_id=uuid7(),
        platform="android",
        device_key=b"k",
        temporary_pin_verifier=b"v",
        pins_sent=1,
        pin_sent_at=now,
        opened_at=now,
        expires_at=now + HOUR,
    )
    CopyTicket.objects.create(
        copy=change_row(change.change_id),
        app=app,
        token_index=b"t",
        issued_at=now,
        expires_at=now + timedelta(minutes=3),
    )
    assert act(resident, own(resident, kind), now)
    enrolment.refresh_from_db()
    identity = identity_by_id(resident.identity_id)
    assert identity.signed_out_at == now
    assert pending_changes_of(resident.identity_id, now=now) == []
    assert not ActivationCode.objects.filter(state="open").exists()
    assert enrolment.state == "dead"
    assert not CopyTicket.objects.exists()


def test_blk_3_the_citizens_wish_covers_up_nobody_elses(resident, now):
    """BLK-3."""
    view = own(resident, AuthenticatorKind.APP)
    assert suspend(resident, view, now, source=BlockSource.CITIZEN)
    assert not suspend(resident, view, now, source=BlockSource.CITIZEN)
    assert suspend(resident, view, now + HOUR, source=BlockSource.SUPPORT)
    assert not suspend(resident, view, now + HOUR, source=BlockSource.CITIZEN)
    assert not suspend(resident, view, now + HOUR, source=BlockSource.FRAUD)
    seen = own(resident, AuthenticatorKind.APP)
    assert seen.suspended_by is BlockSource.SUPPORT
    assert not may_reopen_alone(state=seen.state, suspended_by=seen.suspended_by)


@pytest.mark.parametrize("source", list(BlockSource))
def test_blk_3_alone_a_citizen_reopens_only_what_they_suspended(source):
    """BLK-3, AUT-1."""
    is_citizens = source is BlockSource.CITIZEN
    assert may_reopen_alone(state=AuthenticatorState.SUSPENDED, suspended_by=source) is is_citizens
    assert not may_reopen_alone(state=AuthenticatorState.BLOCKED, suspended_by=None)
    assert not may_reopen_alone(state=AuthenticatorState.ACTIVE, suspended_by=None)
    assert who_keeps_suspended(before=None, asks=source) is source
    assert who_keeps_suspended(before=source, asks=BlockSource.CITIZEN) is source


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_elses_is_as_good_as_none(resident, now, kind):
    view = own(resident, kind)
    stranger = a_resident(now=now)
    assert not suspend(stranger, view, now)
    assert not block(stranger, view, now)
    assert not reopen(stranger, view, now)
    found = authenticator_of(stranger.identity_id, kind=kind, authenticator_id=view.id)
    assert found is None
    assert authenticator_of(resident.identity_id, kind=kind, authenticator_id=view.id) == view


def test_a_suspended_code_display_and_password_open_nothing(resident, now):
    device = CodeDevice.objects.get()
    assert suspend(resident, own(resident, AuthenticatorKind.CODE_DISPLAY), now)
    assert suspend(resident, own(resident, AuthenticatorKind.PASSWORD), now)
    with transaction.atomic():
        code = resident.device.code(now)
        who = {"actor": Actor.visitor(), "now": now}
        assert not accept_code(subject=resident.identity_id, typed=code, source="home", **who)
        opens = accept_password(
            identity_id=resident.identity_id, typed=resident.password, actor=Actor.visitor(), now=now
        )
    assert not opens
    device.refresh_from_db()
    assert not device.confirmed


def test_a_pause_is_no_state_and_passes_by_itself(resident, now):
    """TRY-1."""
    PasswordFactor.objects.update(paused_until=now + HOUR, pauses_taken=2)
    assert own(resident, AuthenticatorKind.PASSWORD).state is AuthenticatorState.ACTIVE
    paused = {view.kind for view in live_authenticators_of(resident.identity_id, now=now)}
    assert AuthenticatorKind.PASSWORD not in paused
    over = {view.kind for view in live_authenticators_of(resident.identity_id, now=now + HOUR)}
    assert AuthenticatorKind.PASSWORD in over


def test_the_newest_comes_first_and_what_is_blocked_last(resident, now):
    newer = an_app_row(resident.identity_id, now=now + HOUR, platform="iphone")
    newest = an_app_row(resident.identity_id, now=now + 2 * HOUR)
    assert block(resident, authenticators_of(resident.identity_id)[0], now + 3 * HOUR)
    views = authenticators_of(resident.identity_id)
    assert (views[0].id, views[0].label) == (newer.id, "iphone")
    assert views[-1].id == newest.id
    assert {view.label for view in views} == {"iphone", "android", "", resident.device.serial}
