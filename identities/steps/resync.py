"""A code device whose clock has drifted too far is found again by two codes in a row (SEC-3)."""

from datetime import datetime
from enum import StrEnum
from struct import pack
from uuid import UUID

from audit.api import Actor
from hsm.api import seed_hmac_sha1
from identities import events
from identities.models import CodeDevice
from identities.rules.totp import LARGEST_DRIFT_STEPS, STEP_SECONDS, is_code, step_of_two_codes, truncated
from identities.rules.tries import is_paused
from identities.states import AuthenticatorKind, DeviceState
from identities.steps.factors import count_wrong_code, own_seed, tries_of
from identities.steps.guard import assert_in_transaction


class ResyncOutcome(StrEnum):
    """What two codes in a row come to, from a citizen at their own pages."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    PAUSED = "paused"


def resync_device(
    *,
    identity_id: UUID | None = None,
    serial: str | None = None,
    first_code: str,
    second_code: str,
    actor: Actor,
    now: datetime,
) -> bool:
    """Follow an active device's clock to where two codes in a row are found, up to ten minutes either way.

    For a caller who knows whom they speak with: support, the registration authority. ``identity_id`` or ``serial``
    tells whose; given both, the device must be that identity's.

    Rule:   SEC-3, RFC 4226 section 7.4, RFC 6238 section 6. Both steps are taken: neither code opens anything
            afterwards, and the clock never goes back over a step that was accepted.
    Raises: ValueError when neither tells which device; HsmUnavailable.
    Locks:  the device's row.
    Writes: CodeDevice, AuditEvent.
    """
    assert_in_transaction()
    if identity_id is None and serial is None:
        raise ValueError("Which device?")
    devices = CodeDevice.objects.select_for_update(of=("self",)).filter(state=DeviceState.ACTIVE)
    devices = devices if identity_id is None else devices.filter(user_id=identity_id)
    device = (devices if serial is None else devices.filter(serial=serial)).first()
    if device is None or device.user_id is None:
        return False
    step = _found_step(device, first_code, second_code, now=now)
    kind = AuthenticatorKind(device.kind)
    if step is None:
        events.resync_refused(identity_id=device.user_id, kind=kind, serial=device.serial, actor=actor, now=now)
        return False
    device.last_step, device.drift_steps = step, step - _step_at(now)
    device.save(update_fields=["last_step", "drift_steps"])
    events.code_device_resynced(identity_id=device.user_id, kind=kind, serial=device.serial, actor=actor, now=now)
    return True


def resync_own_device(
    *, identity_id: UUID, first_code: str, second_code: str, source: str, actor: Actor, now: datetime
) -> ResyncOutcome:
    """Follow the clock of a citizen's own active device, as ``resync_device`` does, counting wrong tries of a source.

    Rule:   SEC-3. TRY-1, TRY-2: two codes that are not found count as a wrong code at the log-in does, and in the same
            counter; during a pause the right ones are refused, too.
    Locks:  the device's row.
    Writes: CodeDevice, DeviceTries, AuditEvent.
    """
    assert_in_transaction()
    device = (
        CodeDevice.objects.select_for_update(of=("self",)).filter(user_id=identity_id, state=DeviceState.ACTIVE).first()
    )
    if device is None:
        return ResyncOutcome.NOT_FOUND
    counter = tries_of(device.uuid, source)
    if is_paused(counter.tries, now=now):
        return ResyncOutcome.PAUSED
    is_found = resync_device(
        identity_id=identity_id, first_code=first_code, second_code=second_code, actor=actor, now=now
    )
    if not is_found:
        count_wrong_code(counter, device, actor=actor, now=now)
        return ResyncOutcome.NOT_FOUND
    if counter.pk is not None:
        counter.delete()
    return ResyncOutcome.FOUND


def _found_step(device: CodeDevice, first_code: str, second_code: str, *, now: datetime) -> int | None:
    """Give the step that shows the second code, where the one before shows the first."""
    if not (is_code(first_code) and is_code(second_code)):
        return None
    middle = _step_at(now)
    steps = range(max(0, middle - LARGEST_DRIFT_STEPS - 1), middle + LARGEST_DRIFT_STEPS + 1)
    macs = seed_hmac_sha1(own_seed(device), [pack(">Q", step) for step in steps])
    codes = {step: truncated(mac) for step, mac in zip(steps, macs, strict=True)}
    return step_of_two_codes(codes, first=int(first_code), second=int(second_code), after=device.last_step)


def _step_at(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS
