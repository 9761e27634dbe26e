"""An app is enrolled with two codes over two channels: one on paper, screen or the old phone, one by SMS (SEC-5)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet, Sum

from audit.api import Actor
from hsm.api import verifier
from identities import events, sealing
from identities.models import ActivationCode, App, AppEnrolment, Identity, PendingChange
from identities.queries import RegisteredPhone, registered_phone
from identities.rules.apps import normal_device_key
from identities.rules.codes import (
    TEMPORARY_PIN_DIGITS,
    TEMPORARY_PIN_LASTS,
    TEMPORARY_PINS_PER_HOUR,
    phone_is_too_new,
)
from identities.rules.limits import is_at_most
from identities.states import (
    AppPlatform,
    AuthenticatorKind,
    AuthenticatorState,
    EnrolmentState,
    IdentityState,
)
from identities.steps.alerts import alert_addresses
from identities.steps.app_copy import take_ticket
from identities.steps.apps import waste_the_time_of_a_pin
from identities.steps.codes import code_opens, is_usable, locked_holder_of_code, numbered_code
from identities.steps.guard import assert_in_transaction
from identities.steps.locking import NOBODY, locked_active_identity, stand_in_line_for
from notifications.api import CodeIssued, Language, TemporaryPin, enqueue, refusal_to_send_code

FirstCode = ActivationCode | PendingChange


class NotBegun(StrEnum):
    """Why an enrolment is one of nobody. Only the log tells: whoever asks sees the same for all (TRY-2)."""

    NO_CODE = "no_code"
    WRONG_CODE = "wrong_code"
    EXPIRED = "expired"
    AT_MOST = "at_most"


class PinNotSentReason(StrEnum):
    """Why no temporary PIN is sent. Support is told; at the beginning of an enrolment only the log is."""

    NO_ENROLMENT = "no_enrolment"
    NO_PHONE = "no_phone"
    PHONE_TOO_NEW = "phone_too_new"
    TOO_MANY_PINS = "too_many_pins"


@dataclass(frozen=True)
class EnrolmentBegun:
    """An app is on its way, or seems to be: a temporary PIN comes by SMS to whoever gave a right code."""

    enrolment_id: UUID
    expires_at: datetime


@dataclass(frozen=True)
class PinSent:
    """A fresh temporary PIN is on its way; the one before opens nothing."""

    expires_at: datetime


@dataclass(frozen=True)
class PinNotSent:
    """No temporary PIN is sent."""

    reason: PinNotSentReason
    next_at: datetime | None = None  # of TOO_MANY_PINS, where all codes together are too many


def begin_app_enrolment(
    *,
    user_id: str,
    activation_code: str | None,
    copy_token: str | None,
    device_key: bytes,
    installation_id: UUID,
    platform: AppPlatform,
    actor: Actor,
    now: datetime,
) -> EnrolmentBegun:
    """Take the first code of an app and send the second to the registered phone.

    A user ID that nobody has, a wrong code and a phone that may get no code all end alike: in an enrolment of nobody,
    after the same work. An enrolment of the same identity that was open is dead.

    Rule:    SEC-4, SEC-5, SEC-7, AUT-1. TRY-2: who has no right code makes no SMS go out, and kills no code whose
             number they do not know; who has one is sent no more than three PINs an hour, and no more codes of all
             kinds than ``notifications.throttle`` lets go out. ALR-2.
    Raises:  ValueError when the device's key is no EC P-256 key; HsmUnavailable.
    Bytes:   ``device_key`` is SubjectPublicKeyInfo, DER.
    Locks:   the user ID's place in line (an advisory lock), the identity's row, then the code's or the ticket's,
             then the places of ``notifications.throttle``.
    Writes:  AppEnrolment, ActivationCode, CopyTicket, AuditEvent, Delivery.
    """
    assert_in_transaction()
    enrolment = AppEnrolment(
        installation_id=installation_id,
        platform=platform,
        device_key=normal_device_key(device_key),
        opened_at=now,
        expires_at=now + TEMPORARY_PIN_LASTS,
    )
    holder_id = stand_in_line_for(user_id)
    if activation_code is None:
        identity = locked_active_identity(user_id)
    else:
        identity = locked_holder_of_code(user_id=user_id, kinds={AuthenticatorKind.APP}, typed=activation_code)
    first = _first_code(identity or Identity(id=NOBODY), activation_code, copy_token, now=now)
    if identity is None or isinstance(first, NotBegun):
        reason = first if isinstance(first, NotBegun) else NotBegun.NO_CODE
        return _begun_by_nobody(enrolment, holder_id, reason, actor=actor, now=now)
    phone = _phone_for_a_pin(identity.id, actor=actor, now=now)
    if isinstance(phone, PinNotSent):
        return _begun_by_nobody(enrolment, holder_id, phone.reason, actor=actor, now=now)
    if is_at_most(AuthenticatorKind.APP, held=held_apps(identity.id, but_on=installation_id)):
        return _begun_by_nobody(enrolment, holder_id, NotBegun.AT_MOST, actor=actor, now=now)
    _open_enrolments(identity.id).update(state=EnrolmentState.DEAD)
    enrolment.identity = identity
    enrolment.activation_code = first if isinstance(first, ActivationCode) else None
    enrolment.copy = first if isinstance(first, PendingChange) else None
    pin = _drawn_pin(enrolment, now=now)
    enrolment.save(force_insert=True)
    _send(identity, phone, pin, actor=actor, now=now)
    _tell_the_others(identity, phone, now=now)
    return EnrolmentBegun(enrolment_id=enrolment.id, expires_at=enrolment.expires_at)


def resend_temporary_pin(*, identity_id: UUID, actor: Actor, now: datetime) -> PinSent | PinNotSent:
    """Send a fresh temporary PIN for the app that is on its way; three tries and thirty minutes begin anew.

    Rule:   SUP-2, SEC-5, SEC-7. TRY-2: it counts towards the three PINs an hour.
    Locks:  the identity's row, then the enrolment's.
    Writes: AppEnrolment, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    enrolment = _open_enrolments(identity_id).select_for_update().filter(expires_at__gt=now).first()
    if enrolment is None or identity.state != IdentityState.ACTIVE:
        return PinNotSent(PinNotSentReason.NO_ENROLMENT)
    phone = _phone_for_a_pin(identity_id, actor=actor, now=now)
    if isinstance(phone, PinNotSent):
        return phone
    pin = _drawn_pin(enrolment, now=now)
    enrolment.wrong_tries, enrolment.expires_at = 0, now + TEMPORARY_PIN_LASTS
    enrolment.save(update_fields=["temporary_pin_verifier", "wrong_tries", "expires_at", "pins_sent", "pin_sent_at"])
    _send(identity, phone, pin, actor=actor, now=now)
    return PinSent(expires_at=enrolment.expires_at)


def forget_old_enrolments(*, before: datetime) -> int:
    """Drop the enrolments of nobody that ran out before; gives how many they were."""
    assert_in_transaction()
    return AppEnrolment.objects.filter(identity__isnull=True, expires_at__lt=before).delete()[0]


def held_apps(identity_id: UUID, *, but_on: UUID) -> int:
    """Count an identity's apps that are not blocked (AUT-1), but for one on this phone, which a new one replaces."""
    apps = App.objects.filter(identity_id=identity_id).exclude(state=AuthenticatorState.BLOCKED)
    return apps.exclude(installation_id=but_on).count()


def _begun_by_nobody(
    enrolment: AppEnrolment, identity_id: UUID | None, reason: StrEnum, *, actor: Actor, now: datetime
) -> EnrolmentBegun:
    waste_the_time_of_a_pin()
    enrolment.save(force_insert=True)
    events.activation_refused(identity_id=identity_id, reason=reason.value, actor=actor, now=now)
    return EnrolmentBegun(enrolment_id=enrolment.id, expires_at=enrolment.expires_at)


def _first_code(
    identity: Identity, activation_code: str | None, copy_token: str | None, *, now: datetime
) -> FirstCode | NotBegun:
    """Judge the first code with the same queries, and one verification in the HSM, whoever's it is or nobody's."""
    if activation_code is not None and copy_token is None:
        return _judged_code(identity, activation_code, now=now)
    waste_the_time_of_a_pin()
    if copy_token is not None and activation_code is None:
        return take_ticket(identity=identity, token=copy_token, now=now) or NotBegun.NO_CODE
    return NotBegun.NO_CODE


def _judged_code(identity: Identity, typed: str, *, now: datetime) -> ActivationCode | NotBegun:
    code = numbered_code(identity=identity, kind=AuthenticatorKind.APP, typed=typed)
    if code is None or not is_usable(code, now=now):
        waste_the_time_of_a_pin()
        return NotBegun.EXPIRED if code else NotBegun.NO_CODE
    return code if code_opens(code, typed=typed) else NotBegun.WRONG_CODE


def _phone_for_a_pin(identity_id: UUID, *, actor: Actor, now: datetime) -> RegisteredPhone | PinNotSent:
    phone = registered_phone(identity_id)
    if phone is None:
        return PinNotSent(PinNotSentReason.NO_PHONE)
    if phone_is_too_new(registered_at=phone.registered_at, is_first=phone.is_first, now=now):
        return PinNotSent(PinNotSentReason.PHONE_TOO_NEW)
    if _pins_sent_lately(identity_id, now=now) >= TEMPORARY_PINS_PER_HOUR:
        return PinNotSent(PinNotSentReason.TOO_MANY_PINS)
    throttled = refusal_to_send_code(
        channel=phone.address.channel,
        address=phone.address.value,
        reference=identity_id,
        source=actor.id,
        is_proven=True,
        now=now,
    )
    return phone if throttled is None else PinNotSent(PinNotSentReason.TOO_MANY_PINS, next_at=throttled.next_at)


def _open_enrolments(identity_id: UUID) -> QuerySet[AppEnrolment]:
    return AppEnrolment.objects.filter(identity_id=identity_id, state=EnrolmentState.OPEN)


def _pins_sent_lately(identity_id: UUID, *, now: datetime) -> int:
    rows = AppEnrolment.objects.filter(identity_id=identity_id, pin_sent_at__gt=now - timedelta(hours=1))
    return rows.aggregate(sent=Sum("pins_sent"))["sent"] or 0


def _drawn_pin(enrolment: AppEnrolment, *, now: datetime) -> str:
    pin = f"{secrets.randbelow(10**TEMPORARY_PIN_DIGITS):0{TEMPORARY_PIN_DIGITS}}"
    enrolment.temporary_pin_verifier = verifier(pin, purpose=sealing.TEMPORARY_PIN, bound_to=enrolment.id)
    enrolment.pins_sent, enrolment.pin_sent_at = enrolment.pins_sent + 1, now
    return pin


def _send(identity: Identity, phone: RegisteredPhone, pin: str, *, actor: Actor, now: datetime) -> None:
    enqueue(
        message=TemporaryPin(pin=pin, minutes=int(TEMPORARY_PIN_LASTS.total_seconds() // 60)),
        addresses=[phone.address],
        language=Language(identity.language),
        reference=identity.id,
        source=actor.id,
        now=now,
    )
    events.temporary_pin_sent(identity_id=identity.id, actor=actor, now=now)


def _tell_the_others(identity: Identity, phone: RegisteredPhone, *, now: datetime) -> None:
    """Let every other channel hear that a code for an app went out: a stranger may hold the phone's number (ALR-2).

    As often as PINs are sent at most, and so no weapon either. What support sends again, support tells of.
    """
    others = [address for address in alert_addresses(identity_id=identity.id) if address.id != phone.address.id]
    enqueue(
        message=CodeIssued(authenticator=AuthenticatorKind.APP.value, at=now),
        addresses=others,
        language=Language(identity.language),
        reference=identity.id,
        now=now,
    )
