"""An activation code is given to a citizen: on paper, on the screen or by SMS (SEC-4, SEC-7)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from audit.api import Actor
from identities import events
from identities.authenticator_queries import authenticators_held
from identities.models import CodeDevice, Identity, PasswordFactor
from identities.queries import RegisteredPhone, registered_phone
from identities.rules.codes import ACTIVATION_LASTS, phone_is_too_new
from identities.rules.halves import NEVER_BY_SMS
from identities.rules.levels import level_of_what_is_given
from identities.rules.limits import is_at_most
from identities.states import (
    CODE_DEVICES,
    AssuranceLevel,
    AuthenticatorKind,
    BlockSource,
    CodeCarrier,
    DeviceState,
    IdentityState,
    PasswordState,
)
from identities.steps.alerts import alert_citizen
from identities.steps.codes import MadeCode, has_other_half, make_activation_code
from identities.steps.guard import assert_in_transaction
from notifications.api import ActivationCodeSent, CodeIssued, Language, enqueue, refusal_to_send_code


class CodeNotGivenReason(StrEnum):
    """Why no activation code is given."""

    BLOCKED = "blocked"
    NO_PHONE = "no_phone"
    PHONE_TOO_NEW = "phone_too_new"
    AT_MOST = "at_most"
    NO_DEVICE = "no_device"
    SAME_CHANNEL = "same_channel"
    NEEDS_PASSWORD = "needs_password"  # noqa: S105 - a reason, not a password
    OTHER_HALF = "other_half"
    SUSPENDED = "suspended"
    TOO_MANY_CODES = "too_many_codes"


@dataclass(frozen=True)
class CodeGiven:
    """The code is the citizen's. ``text`` is in the clear this once; None when it went by SMS."""

    text: str | None = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class CodeNotGiven:
    """There is no code."""

    reason: CodeNotGivenReason
    next_at: datetime | None = None  # of TOO_MANY_CODES: when there may be one


def give_activation_code(
    *,
    identity_id: UUID,
    kind: AuthenticatorKind,
    carrier: CodeCarrier,
    proven_level: AssuranceLevel | None,
    actor: Actor,
    now: datetime,
) -> CodeGiven | CodeNotGiven:
    """Give a citizen a code that activates one authenticator; the one they had for that kind is dead.

    A code for a code device is for the one that was handed to the citizen last and not activated. ``proven_level`` is
    what the documents of a citizen who is there have proven, None for one who is not: only what is taken home on paper
    may reach HIGH.

    Rule:   SEC-4, SEC-7, AUT-1, LVL-2, ALR-2, SUP-2; TRY-2: one by SMS counts towards the limits of all codes.
    Locks:  the identity's row, then the device's, then the places of ``notifications.throttle``.
    Writes: ActivationCode, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    phone = registered_phone(identity_id)
    device = _device_in_hand(identity, kind) if kind in CODE_DEVICES else None
    refused = _refused(identity, kind, carrier, phone=phone, device=device, actor=actor, now=now)
    if refused is not None:
        events.activation_code_refused(
            identity_id=identity_id, kind=kind, carrier=carrier, reason=refused.reason.value, actor=actor, now=now
        )
        return refused
    code = make_activation_code(
        identity=identity,
        kind=kind,
        carrier=carrier,
        enrolled_level=level_of_what_is_given(
            AssuranceLevel(identity.assurance_level), proven_level=proven_level, carrier=carrier
        ),
        device=device,
        now=now,
    )
    events.activation_code_issued(
        identity_id=identity_id,
        kind=kind,
        serial=device.serial if device else None,
        carrier=carrier,
        actor=actor,
        now=now,
    )
    if carrier is CodeCarrier.SMS and phone is not None:
        _send(identity, kind, code, phone=phone, actor=actor, now=now)
    alert_citizen(identity=identity, message=CodeIssued(authenticator=kind.value, at=now), now=now)
    return CodeGiven(text=None if carrier is CodeCarrier.SMS else code.text, expires_at=code.expires_at)


def refusal_to_give(
    identity: Identity,
    kind: AuthenticatorKind,
    carrier: CodeCarrier,
    *,
    phone: RegisteredPhone | None,
    now: datetime,
) -> CodeNotGivenReason | None:
    """Decide whether a locked identity gets no code; ``None`` means it may.

    An app takes a second code by SMS (SEC-5): the first does not come by SMS too, and one that no phone could get as
    long as the first lives is not begun. A chip opens with a password, and what comes with a chip's code makes none.

    Rule: SEC-4, SEC-5, SEC-7, AUT-1, BLK-1, BLK-3.
    """
    if identity.state != IdentityState.ACTIVE:
        return CodeNotGivenReason.BLOCKED
    if kind in NEVER_BY_SMS and carrier is CodeCarrier.SMS:
        return CodeNotGivenReason.SAME_CHANNEL
    if is_at_most(kind, held=authenticators_held(identity.id, kind)):
        return CodeNotGivenReason.AT_MOST
    refusal = _refusal_by_password(identity, kind)
    if refusal is not None:
        return refusal
    if has_other_half(identity, kind, carrier, now=now):
        return CodeNotGivenReason.OTHER_HALF
    by_sms_at = {CodeCarrier.SMS: now}.get(carrier, now + ACTIVATION_LASTS[carrier])
    if carrier is CodeCarrier.SMS or kind is AuthenticatorKind.APP:
        if phone is None:
            return CodeNotGivenReason.NO_PHONE
        if phone_is_too_new(registered_at=phone.registered_at, is_first=phone.is_first, now=by_sms_at):
            return CodeNotGivenReason.PHONE_TOO_NEW
    return None


def _refusal_by_password(identity: Identity, kind: AuthenticatorKind) -> CodeNotGivenReason | None:
    """Decide whether the password that stands, or that none does, forbids a code."""
    if kind not in {AuthenticatorKind.CHIP, AuthenticatorKind.PASSWORD}:
        return None
    factor = PasswordFactor.objects.filter(pk=identity.id).first()
    if kind is AuthenticatorKind.CHIP:
        has_one = factor is not None and factor.state != PasswordState.BLOCKED
        return None if has_one else CodeNotGivenReason.NEEDS_PASSWORD
    others = factor is not None and factor.suspended_by not in {None, BlockSource.CITIZEN}
    return CodeNotGivenReason.SUSPENDED if others else None


def _device_in_hand(identity: Identity, kind: AuthenticatorKind) -> CodeDevice | None:
    handed = CodeDevice.objects.select_for_update(of=("self",)).filter(
        kind=kind, state=DeviceState.HANDED_OUT, activation_codes__identity=identity
    )
    return handed.order_by("-activation_codes__issued_at").first()


def _send(
    identity: Identity, kind: AuthenticatorKind, code: MadeCode, *, phone: RegisteredPhone, actor: Actor, now: datetime
) -> None:
    minutes = int(ACTIVATION_LASTS[CodeCarrier.SMS].total_seconds() // 60)
    enqueue(
        message=ActivationCodeSent(authenticator=kind.value, code=code.text, minutes=minutes),
        addresses=[phone.address],
        language=Language(identity.language),
        reference=identity.id,
        source=actor.id,
        now=now,
    )


def _refused(
    identity: Identity,
    kind: AuthenticatorKind,
    carrier: CodeCarrier,
    *,
    phone: RegisteredPhone | None,
    device: CodeDevice | None,
    actor: Actor,
    now: datetime,
) -> CodeNotGiven | None:
    refusal = refusal_to_give(identity, kind, carrier, phone=phone, now=now)
    if refusal is None and kind in CODE_DEVICES and device is None:
        refusal = CodeNotGivenReason.NO_DEVICE
    if refusal is not None:
        return CodeNotGiven(reason=refusal)
    if carrier is not CodeCarrier.SMS or phone is None:
        return None
    throttled = refusal_to_send_code(
        channel=phone.address.channel,
        address=phone.address.value,
        reference=identity.id,
        source=actor.id,
        is_proven=True,
        now=now,
    )
    if throttled is None:
        return None
    return CodeNotGiven(reason=CodeNotGivenReason.TOO_MANY_CODES, next_at=throttled.next_at)
