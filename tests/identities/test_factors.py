"""Code displays and passwords: activation, acceptance, wrong tries."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import Actor, EventKind, events_about
from identities.api import (
    ActivationRefused,
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    BlockSource,
    DeviceRefusal,
    DeviceRefused,
    DeviceState,
    HandedOut,
    PasswordRefusal,
    PasswordRefused,
    accept_code,
    accept_password,
    activate_code_device,
    device_state,
    devices_of,
    forget_old_tries,
    hand_out_code_device,
    identity_by_id,
    register_code_device,
    suspend_authenticator,
)
from identities.models import ActivationCode, CodeDevice, DeviceTries, Identity, PasswordFactor
from identities.states import ActivationCodeState, PasswordState
from identities.steps.activation import ActivationRefusal
from notifications.api import MessageKind
from notifications.models import Delivery
from tests.factories.identities import PASSWORD, Device, a_device, a_resident, an_issued_identity, an_officer

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
STEP = timedelta(seconds=30)


def hand_out(serial, identity_id, now):
    with transaction.atomic():
        return hand_out_code_device(
            serial=serial, identity_id=identity_id, proven_level=AssuranceLevel.HIGH, actor=an_officer(), now=now
        )


def activate(user_id, code, device_code, now, password=PASSWORD):
    with transaction.atomic():
        return activate_code_device(
            user_id=user_id,
            activation_code=code,
            device_code=device_code,
            password=password,
            actor=Actor.visitor(),
            now=now,
        )


def accepts(device, code, at, source="home"):
    owner = CodeDevice.objects.get(serial=device.serial).user_id
    with transaction.atomic():
        return accept_code(subject=owner, typed=code, source=source, actor=Actor.visitor(), now=at)


def opens(identity_id, password, at):
    with transaction.atomic():
        return accept_password(identity_id=identity_id, typed=password, actor=Actor.visitor(), now=at)


def wrong(device, at):
    right = {device.code(at + offset * STEP) for offset in range(-3, 4)}
    return next(code for code in (f"{number:06}" for number in range(20)) if code not in right)


@pytest.fixture
def handed(now):
    identity_id, user_id, *_ = an_issued_identity(now=now)
    device = a_device()
    outcome = hand_out(device.serial, identity_id, now)
    assert isinstance(outcome, HandedOut)
    return identity_id, user_id, device, outcome.activation_code


def test_aut_2_a_device_belongs_to_nobody_until_it_is_activated(handed, now):
    """AUT-2, SEC-4, ALR-2."""
    identity_id, user_id, device, code = handed
    assert CodeDevice.objects.get(serial=device.serial).user is None
    assert devices_of(identity_id) == []
    activate(user_id, code.lower(), device.code(now), now)
    row = CodeDevice.objects.get(serial=device.serial)
    assert (row.user_id, row.state, row.confirmed) == (identity_id, DeviceState.ACTIVE, True)
    assert opens(identity_id, PASSWORD, now)
    assert ActivationCode.objects.get().state == ActivationCodeState.USED
    assert Delivery.objects.filter(reference=identity_id, kind=MessageKind.AUTHENTICATOR_ACTIVATED).count() == 2


def test_sec_4_three_wrong_codes_with_the_device_in_hand_kill_the_code(handed, now):
    """SEC-4."""
    _, user_id, device, code = handed
    typed = f"{code[:6]}WRONGWRO"
    for tries in range(3):
        at = now + tries * STEP
        assert activate(user_id, typed, device.code(at), at) == ActivationRefused(ActivationRefusal.WRONG_CODE)
    at = now + 3 * STEP
    assert activate(user_id, code, device.code(at), at) == ActivationRefused(ActivationRefusal.NO_CODE)


def test_try_2_a_stranger_without_the_device_cannot_kill_the_code(handed, now):
    """TRY-2."""
    _, user_id, device, code = handed
    for _ in range(20):
        refused = activate(user_id, f"{code[:6]}WRONGWRO", wrong(device, now), now)
        assert refused == ActivationRefused(ActivationRefusal.WRONG_DEVICE_CODE)
    assert not isinstance(activate(user_id, code, device.code(now), now), ActivationRefused)


def test_try_2_who_does_not_know_the_number_of_a_code_makes_no_try_of_it(handed, now):
    """TRY-2."""
    _, user_id, device, _code = handed
    for tries in range(5):
        at = now + tries * STEP
        refused = activate(user_id, "333333WRONGWRO", device.code(at), at)
        assert refused == ActivationRefused(ActivationRefusal.NO_CODE)
    assert ActivationCode.objects.get().wrong_tries == 0


def test_sec_4_a_paper_code_opens_nothing_after_48_hours(handed, now):
    """SEC-4."""
    _, user_id, device, code = handed
    late = now + timedelta(hours=48)
    assert activate(user_id, code, device.code(late), late) == ActivationRefused(ActivationRefusal.EXPIRED)


def test_a_code_is_for_the_device_it_was_issued_with(handed, now):
    """SEC-4: for one authenticator."""
    _, user_id, _, code = handed
    other = a_device()
    refused = activate(user_id, code, other.code(now), now)
    assert refused == ActivationRefused(ActivationRefusal.WRONG_DEVICE_CODE)


def test_sec_2_a_forbidden_password_costs_neither_the_code_nor_the_devices_step(handed, now):
    """SEC-2."""
    _, user_id, device, code = handed
    refused = activate(user_id, code, device.code(now), now, password="mit password 1")
    assert refused == PasswordRefused(PasswordRefusal.CONTAINS_THE_WORD)
    assert not isinstance(activate(user_id, code, device.code(now), now), PasswordRefused | ActivationRefused)


def test_aut_1_activating_a_second_display_blocks_the_first_for_good(now):
    """AUT-1."""
    resident = a_resident(now=now)
    device = a_device()
    handed = hand_out(device.serial, resident.identity_id, now)
    activate(resident.user_id, handed.activation_code, device.code(now), now)
    assert device_state(resident.device.serial) is DeviceState.BLOCKED
    assert not accepts(resident.device, resident.device.code(now), now)
    assert hand_out(resident.device.serial, resident.identity_id, now) == DeviceRefused(DeviceRefusal.NOT_IN_STOCK)


def test_a_display_that_was_handed_out_and_not_activated_gets_a_new_code_for_the_same_citizen_only(handed, now):
    """SEC-4: the paper was lost."""
    identity_id, user_id, device, first_code = handed
    second = hand_out(device.serial, identity_id, now)
    assert isinstance(second, HandedOut)
    assert isinstance(activate(user_id, first_code, device.code(now), now), ActivationRefused)
    other_id, *_ = an_issued_identity(now=now)
    assert hand_out(device.serial, other_id, now) == DeviceRefused(DeviceRefusal.NOT_IN_STOCK)


def test_an_unknown_serial_number_is_refused(now):
    identity_id, *_ = an_issued_identity(now=now)
    assert hand_out("KV-NONE", identity_id, now) == DeviceRefused(DeviceRefusal.UNKNOWN)


def test_sec_3_a_code_is_accepted_once_and_so_is_no_earlier_one(now):
    """SEC-3, RFC 6238 section 5.2."""
    resident = a_resident(now=now)
    code = resident.device.code(now)
    assert accepts(resident.device, code, now)
    assert not accepts(resident.device, code, now + SECOND)
    assert not accepts(resident.device, resident.device.code(now - STEP), now)
    assert accepts(resident.device, resident.device.code(now + STEP), now + STEP)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "12345a", "-12345", "+12345", "12 456", "\x00" * 6])
def test_what_is_not_six_digits_is_no_code(now, code):
    """SEC-3."""
    assert not accepts(a_resident(now=now).device, code, now)


def test_sec_3_a_drifting_clock_is_followed_step_by_step_but_no_leap_is(now):
    """SEC-3."""
    resident = a_resident(now=now)
    assert not accepts(resident.device, resident.device.code(now + 5 * STEP), now)
    for steps_ahead in range(1, 6):
        at = now + steps_ahead * timedelta(hours=1)
        assert accepts(resident.device, resident.device.code(at + steps_ahead * STEP), at)


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
def test_sec_3_an_early_and_a_late_code_are_refused_and_counted(now, steps):
    """SEC-3, TRY-1."""
    resident = a_resident(now=now)
    assert not accepts(resident.device, resident.device.code(now + steps * STEP), now)
    assert DeviceTries.objects.get().wrong_in_a_row == 1


def test_sec_3_anothers_code_is_refused(now):
    """SEC-3."""
    resident, other = a_resident(now=now), a_resident(now=now)
    assert not accepts(resident.device, other.device.code(now), now)
    assert accepts(other.device, other.device.code(now), now)


def test_try_2_a_code_sent_again_and_again_is_refused_and_pauses_nobody(now):
    """TRY-2, SEC-3: a double click is no guess."""
    resident = a_resident(now=now)
    code = resident.device.code(now)
    assert accepts(resident.device, code, now)
    for _ in range(20):
        assert not accepts(resident.device, code, now)
    assert not DeviceTries.objects.exists()
    assert accepts(resident.device, resident.device.code(now + STEP), now + STEP)


def test_a_code_tells_when_its_device_was_used_last(now):
    resident = a_resident(now=now)
    assert CodeDevice.objects.get(serial=resident.device.serial).last_used_at is None
    assert not accepts(resident.device, wrong(resident.device, now), now)
    assert CodeDevice.objects.get(serial=resident.device.serial).last_used_at is None
    assert accepts(resident.device, resident.device.code(now), now)
    assert CodeDevice.objects.get(serial=resident.device.serial).last_used_at == now


def test_aut_1_an_audio_code_reader_takes_the_displays_place_and_speaks_codes_like_it(now):
    """AUT-1: not beside one another."""
    resident = a_resident(now=now)
    reader = Device(serial="KO-T-1", seed=b"an audio reader's seed")
    with transaction.atomic():
        register_code_device(serial=reader.serial, kind=AuthenticatorKind.AUDIO_READER, seed=reader.seed)
    handed = hand_out(reader.serial, resident.identity_id, now)
    activate(resident.user_id, handed.activation_code, reader.code(now), now)
    assert device_state(resident.device.serial) is DeviceState.BLOCKED
    assert not accepts(resident.device, resident.device.code(now), now)
    later = now + STEP
    assert accepts(reader, reader.code(later), later)
    for _ in range(3):
        assert not accepts(reader, wrong(reader, later), later)
    paused = events_about(subject_id=resident.identity_id, limit=1)[0]
    assert (paused.kind, paused.facts["authenticator"]) == (EventKind.AUTHENTICATOR_PAUSED, "audio_code_reader")


def test_blk_1_a_suspended_devices_right_code_looks_like_a_wrong_one(now):
    """BLK-1."""
    resident = a_resident(now=now)
    with transaction.atomic():
        assert suspend_authenticator(
            identity_id=resident.identity_id,
            kind=AuthenticatorKind.CODE_DISPLAY,
            authenticator_id=CodeDevice.objects.get(serial=resident.device.serial).uuid,
            source=BlockSource.CITIZEN,
            reason=AuthenticatorBlockReason.OWN_WISH,
            actor=Actor.citizen(resident.identity_id),
            now=now,
        )
    assert not accepts(resident.device, resident.device.code(now), now)


def test_try_1_three_wrong_codes_pause_the_device_and_the_right_one_looks_wrong_meanwhile(now):
    """TRY-1, TRY-2."""
    resident = a_resident(now=now)
    for _ in range(3):
        assert not accepts(resident.device, wrong(resident.device, now), now)
    soon, over = now + timedelta(minutes=9), now + timedelta(minutes=10)
    assert not accepts(resident.device, resident.device.code(soon), soon)
    assert accepts(resident.device, resident.device.code(over), over)
    kinds = [line.kind for line in events_about(subject_id=resident.identity_id, limit=50)]
    assert kinds.count(EventKind.AUTHENTICATOR_PAUSED) == 1


def test_try_2_a_stranger_elsewhere_pauses_nobody(now):
    """TRY-2: whoever knows a user ID may try all night and keeps the owner out for not a moment."""
    resident = a_resident(now=now)
    at = now
    for _ in range(24):
        for _ in range(3):
            accepts(resident.device, wrong(resident.device, at), at, source="a stranger's")
        assert accepts(resident.device, resident.device.code(at), at)
        at += timedelta(minutes=5)


def test_old_counters_are_forgotten(now):
    resident = a_resident(now=now)
    accepts(resident.device, wrong(resident.device, now), now)
    with transaction.atomic():
        assert forget_old_tries(before=now) == 0
        assert forget_old_tries(before=now + SECOND) == 1


def test_blk_1_a_blocked_password_ends_every_login_and_change(now):
    """BLK-1."""
    resident = a_resident(now=now)
    at = now
    for _ in range(3):
        for _ in range(3):
            opens(resident.identity_id, "forkert-kode", at)
        at += timedelta(hours=1)
    assert identity_by_id(resident.identity_id).signed_out_at == at - timedelta(hours=1)


def test_alr_2_a_second_display_is_told_of_with_the_password_it_replaced_and_the_display_it_blocked(now):
    """ALR-2, BLK-1."""
    resident = a_resident(now=now)
    device = a_device()
    handed = hand_out(device.serial, resident.identity_id, now)
    before = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.AUTHENTICATOR_ACTIVATED).count()
    activate(resident.user_id, handed.activation_code, device.code(now), now)
    told = Delivery.objects.filter(reference=resident.identity_id)
    assert told.filter(kind=MessageKind.AUTHENTICATOR_ACTIVATED).count() == before + 4
    assert told.filter(kind=MessageKind.AUTHENTICATOR_BLOCKED).count() == 2
    assert identity_by_id(resident.identity_id).signed_out_at == now


def test_try_2_no_number_of_wrong_codes_blocks_a_display_for_good(now):
    """TRY-2."""
    resident = a_resident(now=now)
    at = now
    for _ in range(30):
        accepts(resident.device, wrong(resident.device, at), at)
        at += timedelta(minutes=21)
    at += timedelta(hours=1)
    assert accepts(resident.device, resident.device.code(at), at)


def test_try_1_nine_wrong_passwords_block_the_password_and_the_citizen_is_told(now):
    """TRY-1, ALR-2."""
    resident = a_resident(now=now)
    at = now
    for _ in range(3):
        for _ in range(3):
            assert not opens(resident.identity_id, "forkert-kode", at)
        at += timedelta(hours=1)
    assert PasswordFactor.objects.get(pk=resident.identity_id).state == PasswordState.BLOCKED
    assert not opens(resident.identity_id, resident.password, at)
    told = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.AUTHENTICATOR_BLOCKED)
    assert told.count() == 2


def test_who_has_no_password_is_refused_like_one_whose_password_was_wrong(now):
    identity_id, *_ = an_issued_identity(now=now)
    assert not opens(identity_id, "", now)
    assert not opens(identity_id, PASSWORD, now)
    assert not PasswordFactor.objects.filter(pk=identity_id).exists()


def test_key_1_the_password_is_hashed_with_argon2id_over_a_pepper_from_the_hsm(now):
    """KEY-1, OWASP's parameters."""
    resident = a_resident(now=now)
    stored = Identity.objects.get(pk=resident.identity_id).password
    assert stored.startswith("peppered_argon2id$1$argon2id$v=19$m=19456,t=2,p=1$")
    assert not opens(resident.identity_id, resident.password.lower(), now)
    assert opens(resident.identity_id, resident.password, now)
