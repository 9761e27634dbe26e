"""Code displays and audio code readers: from the stock to a citizen's hands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from audit.api import Actor
from hsm.api import seed_verifier, wrap_seed
from identities import events
from identities.models import ActivationCode, CodeDevice, Identity
from identities.rules.levels import level_of_what_is_given
from identities.states import AssuranceLevel, AuthenticatorKind, CodeCarrier, DeviceState, IdentityState
from identities.steps.alerts import alert_citizen
from identities.steps.codes import has_other_half, make_activation_code
from identities.steps.guard import assert_in_transaction
from notifications.api import CodeIssued


class DeviceRefusal(StrEnum):
    """Why a device is not handed out."""

    UNKNOWN = "unknown"
    NOT_IN_STOCK = "not_in_stock"
    IDENTITY_BLOCKED = "identity_blocked"
    OTHER_HALF = "other_half"


@dataclass(frozen=True)
class HandedOut:
    """The device is in the citizen's hands; the code is shown this once, to be printed (SEC-4)."""

    serial: str
    activation_code: str
    expires_at: datetime


@dataclass(frozen=True)
class DeviceRefused:
    """The device stays where it is."""

    reason: DeviceRefusal


def register_code_device(*, serial: str, seed: bytes, kind: AuthenticatorKind = AuthenticatorKind.CODE_DISPLAY) -> UUID:
    """Put a new code device into the stock, its seed wrapped by the HSM; it belongs to nobody.

    Rule:    AUT-2, KEY-1.

    Bytes:   ``seed`` is 16 to 64 bytes, as the vendor delivers it.
    Returns: the device's id.
    """
    assert_in_transaction()
    device = CodeDevice(name="", confirmed=False, kind=kind, serial=serial, seed_wrapped=wrap_seed(seed))
    device_id: UUID = device.uuid
    device.seed_verifier = seed_verifier(device.seed_wrapped, bound_to=device_id)
    device.save(force_insert=True)
    return device_id


def hand_out_code_device(
    *, serial: str, identity_id: UUID, proven_level: AssuranceLevel, actor: Actor, now: datetime
) -> HandedOut | DeviceRefused:
    """Hand a code device from the stock to a citizen, with an activation code on paper.

    A device that was handed out to the same citizen before and never activated gets a new code. ``proven_level`` is
    what the citizen's documents have proven at this hand-out.

    Rule:   AUT-2, SEC-4, LVL-2, ALR-2.
    Locks:  the identity's row, then the device's.
    Writes: CodeDevice, ActivationCode, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    device = CodeDevice.objects.select_for_update().filter(serial=serial).first()
    if device is None:
        return DeviceRefused(reason=DeviceRefusal.UNKNOWN)
    refusal = _refusal_to_hand_out(identity, device, now=now)
    if refusal is not None:
        return DeviceRefused(reason=refusal)
    kind = AuthenticatorKind(device.kind)
    device.state = DeviceState.HANDED_OUT
    device.save(update_fields=["state"])
    code = make_activation_code(
        identity=identity,
        kind=kind,
        carrier=CodeCarrier.PAPER,
        enrolled_level=level_of_what_is_given(
            AssuranceLevel(identity.assurance_level), proven_level=proven_level, carrier=CodeCarrier.PAPER
        ),
        device=device,
        now=now,
    )
    events.code_display_handed_out(identity_id=identity.id, serial=serial, actor=actor, now=now)
    events.activation_code_issued(
        identity_id=identity.id,
        kind=kind,
        serial=serial,
        carrier=CodeCarrier.PAPER,
        actor=actor,
        now=now,
    )
    alert_citizen(
        identity=identity,
        message=CodeIssued(authenticator=device.kind, at=now),
        now=now,
    )
    return HandedOut(serial=serial, activation_code=code.text, expires_at=code.expires_at)


def _refusal_to_hand_out(identity: Identity, device: CodeDevice, *, now: datetime) -> DeviceRefusal | None:
    """Decide whether a locked device may not go to a locked identity; ``None`` means it may."""
    if identity.state != IdentityState.ACTIVE:
        return DeviceRefusal.IDENTITY_BLOCKED
    is_this_citizens = (
        device.state == DeviceState.HANDED_OUT
        and ActivationCode.objects.filter(device=device, identity=identity).exists()
    )
    if device.state != DeviceState.IN_STOCK and not is_this_citizens:
        return DeviceRefusal.NOT_IN_STOCK
    if has_other_half(identity, AuthenticatorKind(device.kind), CodeCarrier.PAPER, now=now):
        return DeviceRefusal.OTHER_HALF
    return None
