"""Activation: a device, a paper code and a user ID together make an authenticator (SEC-4, AUT-2)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from audit.api import Actor
from identities import events
from identities.models import ActivationCode, CodeDevice, Identity, PasswordFactor
from identities.rules.halves import takes_the_place_of_a_password
from identities.rules.password import PasswordRefusal, refusal_of_password
from identities.states import (
    CODE_DEVICES,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    BlockSource,
    CodeCarrier,
    DeviceState,
    PasswordState,
)
from identities.steps.alerts import alert_citizen
from identities.steps.codes import code_opens, is_usable, locked_holder_of_code, numbered_code, use_code
from identities.steps.factors import code_is_right, put_password
from identities.steps.guard import assert_in_transaction
from identities.steps.lifecycle import block_locked
from identities.steps.locking import NOBODY, stand_in_line_for
from notifications.api import AuthenticatorActivated


class ActivationRefusal(StrEnum):
    """Why a device is not activated. Only the log tells them apart; the page does not (TRY-2)."""

    NO_CODE = "no_code"
    WRONG_DEVICE_CODE = "wrong_device_code"
    WRONG_CODE = "wrong_code"
    EXPIRED = "expired"
    SUSPENDED = "suspended"


@dataclass(frozen=True)
class Activated:
    """It opens the identity. ``keeps_password``: the password that stood before still does; what was typed is none."""

    identity_id: UUID
    keeps_password: bool = False


@dataclass(frozen=True)
class ActivationRefused:
    """Nothing was activated."""

    reason: ActivationRefusal


@dataclass(frozen=True)
class PasswordRefused:
    """Everything else would do, but the password may not be chosen."""

    reason: PasswordRefusal


def activate_code_device(
    *, user_id: str, activation_code: str, device_code: str, password: str, actor: Actor, now: datetime
) -> Activated | ActivationRefused | PasswordRefused:
    """Make a handed-out code device an authenticator of its citizen, with a password they choose.

    The device's code comes first and only then does a wrong activation code count: so a stranger who knows the user
    ID, and has no device, cannot kill the paper code (TRY-2). A code device that they had before, of either kind, is
    blocked: at most one (AUT-1). A password that stands gives way only to one that comes with the
    paper of the hand-out.

    Rule:   SEC-2, SEC-4, AUT-1, AUT-2, BLK-3, ALR-2.
    Locks:  the user ID's place in line (an advisory lock), the identity's row, the activation code's, the device's.
    Writes: ActivationCode, CodeDevice, Identity, PasswordFactor, AuditEvent, Delivery.
    """
    assert_in_transaction()
    holder_id = stand_in_line_for(user_id)
    identity = locked_holder_of_code(user_id=user_id, kinds=CODE_DEVICES, typed=activation_code)
    code = _code_for_a_device(identity or Identity(id=NOBODY), activation_code)
    if identity is None or code is None or code.device_id is None:
        return refused_activation(ActivationRefusal.NO_CODE, holder_id, actor=actor, now=now)
    device = CodeDevice.objects.select_for_update().get(pk=code.device_id)
    refusal_of_choice = refusal_of_password(password, user_id=identity.user_id)
    if refusal_of_choice is not None:
        return PasswordRefused(reason=refusal_of_choice)
    refusal = _refusal(code, device, activation_code=activation_code, device_code=device_code, now=now)
    if refusal is not None:
        return refused_activation(refusal, holder_id, actor=actor, now=now)
    had_a_password = bool(identity.password)
    _activate(identity, code, device, now=now)
    takes_it = _takes_password(identity, code)
    if takes_it:
        put_password(identity=identity, password=password, now=now)
        _record(identity, AuthenticatorKind.PASSWORD, serial=None, is_told=had_a_password, now=now)
    _record(identity, AuthenticatorKind(device.kind), serial=device.serial, is_told=True, now=now)
    return Activated(identity_id=identity.id, keeps_password=not takes_it)


def _takes_password(identity: Identity, code: ActivationCode) -> bool:
    factor = PasswordFactor.objects.select_for_update().filter(pk=identity.id).first()
    return takes_the_place_of_a_password(
        carrier=CodeCarrier(code.carrier),
        state=PasswordState(factor.state) if factor else None,
        suspended_by=BlockSource(factor.suspended_by) if factor and factor.suspended_by else None,
    )


def _record(identity: Identity, kind: AuthenticatorKind, *, serial: str | None, is_told: bool, now: datetime) -> None:
    citizen = Actor.citizen(identity.id)
    events.authenticator_activated(identity_id=identity.id, kind=kind, serial=serial, actor=citizen, now=now)
    if is_told:
        message = AuthenticatorActivated(authenticator=kind.value, at=now)
        alert_citizen(identity=identity, message=message, now=now)


def _code_for_a_device(identity: Identity, typed: str) -> ActivationCode | None:
    codes = (numbered_code(identity=identity, kind=kind, typed=typed) for kind in sorted(CODE_DEVICES))
    return next((code for code in codes if code is not None), None)


def _refusal(
    code: ActivationCode, device: CodeDevice, *, activation_code: str, device_code: str, now: datetime
) -> ActivationRefusal | None:
    if not is_usable(code, now=now) or device.state != DeviceState.HANDED_OUT:
        return ActivationRefusal.EXPIRED
    if not code_is_right(device=device, typed=device_code, now=now):
        return ActivationRefusal.WRONG_DEVICE_CODE
    if code_opens(code, typed=activation_code):
        return None
    return ActivationRefusal.WRONG_CODE


def code_opened_by(
    *, user_id: str, kind: AuthenticatorKind, typed: str, actor: Actor, now: datetime
) -> tuple[Identity, ActivationCode] | ActivationRefused:
    """Give the identity and the code for one authenticator that a user ID and what was typed open; it is not spent yet.

    Rule:   SEC-4, TRY-2: for a user ID that nobody has the database is asked as often.
    Locks:  the user ID's place in line (an advisory lock), the identity's row, then the activation code's.
    Writes: ActivationCode when it is wrong, AuditEvent when it is refused.
    """
    holder_id = stand_in_line_for(user_id)
    identity = locked_holder_of_code(user_id=user_id, kinds={kind}, typed=typed)
    code = numbered_code(identity=identity or Identity(id=NOBODY), kind=kind, typed=typed)
    if identity is None or code is None:
        return refused_activation(ActivationRefusal.NO_CODE, holder_id, actor=actor, now=now)
    if not is_usable(code, now=now):
        return refused_activation(ActivationRefusal.EXPIRED, holder_id, actor=actor, now=now)
    if not code_opens(code, typed=typed):
        return refused_activation(ActivationRefusal.WRONG_CODE, holder_id, actor=actor, now=now)
    return identity, code


def refused_activation(
    reason: ActivationRefusal, identity_id: UUID | None, *, actor: Actor, now: datetime
) -> ActivationRefused:
    """Note why nothing was activated; who asked is not told which part was wrong (TRY-2)."""
    events.activation_refused(identity_id=identity_id, reason=reason.value, actor=actor, now=now)
    return ActivationRefused(reason=reason)


def _activate(identity: Identity, code: ActivationCode, device: CodeDevice, *, now: datetime) -> None:
    standing = [DeviceState.ACTIVE, DeviceState.SUSPENDED]
    earlier = CodeDevice.objects.select_for_update().filter(user=identity, state__in=standing).first()
    if earlier is not None:
        block_locked(
            identity=identity,
            kind=AuthenticatorKind(earlier.kind),
            row=earlier,
            reason=AuthenticatorBlockReason.REPLACED,
            actor=Actor.citizen(identity.id),
            now=now,
        )
    use_code(code, now=now)  # after the block, which ended the identity's codes
    device.user, device.state, device.activated_at = identity, DeviceState.ACTIVE, now
    device.confirmed, device.enrolled_level = True, code.enrolled_level
    device.save(update_fields=["user", "state", "activated_at", "confirmed", "enrolled_level"])
