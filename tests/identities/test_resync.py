"""Clocks that drift: followed step by step, and found again by two codes in a row."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import Actor, EventKind, events_about
from identities.api import (
    AuthenticatorBlockReason,
    AuthenticatorKind,
    BlockSource,
    accept_code,
    resync_device,
    suspend_authenticator,
)
from identities.models import CodeDevice
from tests.factories.identities import a_resident, an_officer

pytestmark = pytest.mark.django_db
STEP = timedelta(seconds=30)


def row(device):
    return CodeDevice.objects.get(serial=device.serial)


def accepts(device, code, at):
    with transaction.atomic():
        return accept_code(subject=row(device).user_id, typed=code, source="home", actor=Actor.visitor(), now=at)


def resync(first, second, at, **whose):
    with transaction.atomic():
        return resync_device(**whose, first_code=first, second_code=second, actor=an_officer(), now=at)


@pytest.mark.parametrize("steps", [-20, -7, 0, 7, 20])
def test_sec_3_a_clock_up_to_ten_minutes_off_is_found_again(now, steps):
    """SEC-3, RFC 6238 section 6."""
    resident = a_resident(now=now)
    device, there = resident.device, now + steps * STEP
    if abs(steps) > 1:
        assert not accepts(device, device.code(there), now)
    assert resync(device.code(there - STEP), device.code(there), now, identity_id=resident.identity_id)
    assert row(device).drift_steps == steps
    later = now + STEP
    assert accepts(device, device.code(there + STEP), later)
    kinds = [line.kind for line in events_about(subject_id=resident.identity_id, limit=50)]
    assert kinds.count(EventKind.CODE_DEVICE_RESYNCED) == 1


@pytest.mark.parametrize("steps", [-22, -21, 21, 22, 2_000])
def test_sec_3_a_clock_further_off_needs_another_device(now, steps):
    """SEC-3."""
    resident = a_resident(now=now)
    device, there = resident.device, now + steps * STEP
    assert not resync(device.code(there - STEP), device.code(there), now, serial=device.serial)
    assert row(device).drift_steps == 0
    kinds = [line.kind for line in events_about(subject_id=resident.identity_id, limit=50)]
    assert kinds.count(EventKind.RESYNC_REFUSED) == 1


def test_sec_3_both_codes_are_spent(now):
    """SEC-3: each step is accepted once."""
    resident = a_resident(now=now)
    device = resident.device
    first, second = device.code(now - STEP), device.code(now)
    assert resync(first, second, now, serial=device.serial)
    assert not accepts(device, first, now)
    assert not accepts(device, second, now)
    assert not resync(first, second, now, serial=device.serial)
    assert accepts(device, device.code(now + STEP), now + STEP)


def test_sec_3_a_clock_never_goes_back_over_an_accepted_step(now):
    """SEC-3: two old codes that somebody read over a shoulder move nothing."""
    resident = a_resident(now=now)
    device = resident.device
    assert accepts(device, device.code(now), now)
    before = row(device)
    for steps in range(-20, 1):
        there = now + steps * STEP
        assert not resync(device.code(there - STEP), device.code(there), now, serial=device.serial)
    after = row(device)
    assert (after.last_step, after.drift_steps) == (before.last_step, before.drift_steps)


def test_sec_3_two_codes_out_of_order_apart_or_of_another_device_find_nothing(now):
    """SEC-3."""
    resident, other = a_resident(now=now), a_resident(now=now)
    device, mine = resident.device, {"identity_id": resident.identity_id}
    one, two, three = (device.code(now + n * STEP) for n in range(3))
    assert not resync(two, one, now, **mine)
    assert not resync(one, three, now, **mine)
    assert not resync(one, one, now, **mine)
    assert not resync(other.device.code(now), other.device.code(now + STEP), now, **mine)
    assert not resync(one, "12345x", now, **mine)
    assert not resync("", "", now, **mine)
    assert resync(one, two, now, **mine)


def test_a_device_is_resynced_by_serial_number_for_its_owner_only(now):
    resident, other = a_resident(now=now), a_resident(now=now)
    device = resident.device
    codes = device.code(now), device.code(now + STEP)
    assert not resync(*codes, now, serial=device.serial, identity_id=other.identity_id)
    assert not resync(*codes, now, serial="KV-NONE")
    assert resync(*codes, now, serial=device.serial, identity_id=resident.identity_id)
    with pytest.raises(ValueError, match="Which device"):
        resync(*codes, now)


def test_a_suspended_device_is_not_resynced(now):
    resident = a_resident(now=now)
    device = resident.device
    with transaction.atomic():
        assert suspend_authenticator(
            identity_id=resident.identity_id,
            kind=AuthenticatorKind.CODE_DISPLAY,
            authenticator_id=row(device).uuid,
            source=BlockSource.CITIZEN,
            reason=AuthenticatorBlockReason.OWN_WISH,
            actor=Actor.citizen(resident.identity_id),
            now=now,
        )
    assert not resync(device.code(now), device.code(now + STEP), now, serial=device.serial)


def test_sec_3_a_slowly_drifting_clock_is_followed_to_ten_minutes_and_no_further(now):
    """SEC-3."""
    resident = a_resident(now=now)
    device = resident.device
    for steps in range(1, 21):
        at = now + steps * timedelta(days=30)
        assert accepts(device, device.code(at + steps * STEP), at)
    assert row(device).drift_steps == 20
    at = now + 21 * timedelta(days=30)
    assert accepts(device, device.code(at + 21 * STEP), at)
    assert row(device).drift_steps == 20
    assert not accepts(device, device.code(at + 22 * STEP), at)
