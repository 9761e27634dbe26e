"""The second code of an app: with it and a PIN of the citizen's own the app opens their identity (SEC-1, SEC-5)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from django.db import connection

from audit.api import Actor
from hsm.api import verifier, verifier_matches
from identities import events, sealing
from identities.models import App, AppEnrolment, Identity
from identities.queries import person_of
from identities.rules.apps import level_of_new_app, normal_device_key
from identities.rules.codes import TEMPORARY_PIN_TRIES
from identities.rules.limits import is_at_most
from identities.rules.pin import PinRefusal, refusal_of_pin
from identities.states import (
    ActivationCodeState,
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    CodeCarrier,
    EnrolmentState,
    IdentityState,
)
from identities.steps.alerts import alert_citizen
from identities.steps.app_copy import app_copied_by
from identities.steps.app_enrolment import held_apps
from identities.steps.apps import waste_the_time_of_a_pin
from identities.steps.codes import use_code
from identities.steps.guard import assert_in_transaction
from identities.steps.lifecycle import block_locked
from notifications.api import AppCopied, AuthenticatorActivated

KIND = AuthenticatorKind.APP


class EnrolmentRefusal(StrEnum):
    """Why no app is activated. The first two come to everybody alike (TRY-2), the others after a right PIN only."""

    WRONG_PIN = "wrong_pin"
    OVER = "over"
    AT_MOST = "at_most"
    PHONE_TAKEN = "phone_taken"
    KEY_IN_USE = "key_in_use"


@dataclass(frozen=True)
class AppActivated:
    """The app opens the identity."""

    app_id: UUID
    identity_id: UUID
    level: AssuranceLevel


@dataclass(frozen=True)
class EnrolmentRefused:
    """No app is activated; but for a wrong PIN the enrolment is over."""

    reason: EnrolmentRefusal


@dataclass(frozen=True)
class PinNotAllowed:
    """Another PIN must be chosen; nothing is spent."""

    reason: PinRefusal


@dataclass(frozen=True)
class _FirstCode:
    """What an enrolment's first code still says; ``carrier`` is None for a copy of another app."""

    level: AssuranceLevel
    carrier: CodeCarrier | None
    still_opens: bool


def complete_app_enrolment(
    *, enrolment_id: UUID, device_key: bytes, temporary_pin: str, pin: str, actor: Actor, now: datetime
) -> AppActivated | EnrolmentRefused | PinNotAllowed:
    """Make an app of an enrolment, with the temporary PIN that came by SMS and a PIN that the citizen chooses.

    The PIN is held against the CPR number and the birth date only once the temporary PIN was right: before, the answer
    would tell who found an activation code what is in them. An app of the same citizen on the same phone is replaced.

    Rule:    SEC-1, SEC-5, AUT-1, AUT-2, AUT-3, LVL-2, ALR-2. TRY-2: the caller has verified that ``device_key`` signed;
             under another key than the enrolment's nothing counts.
    Returns: a refusal is committed: its audit event and the count of wrong tries must survive.
    Raises:  ValueError when the device's key is no EC P-256 key; HsmUnavailable.
    Locks:   the identity's row, the enrolment's, then the phone and its key, then an app's that is replaced. Codes
             and copies change under the identity's lock only.
    Writes:  App, AppEnrolment, ActivationCode, AuditEvent, Delivery; when it replaces: what a block writes.
    """
    assert_in_transaction()
    not_allowed = refusal_of_pin(pin, cpr_number=None, born_on=None)
    if not_allowed is not None:
        return PinNotAllowed(reason=not_allowed)
    identity, enrolment = _locked(enrolment_id, device_key=normal_device_key(device_key))
    if not _temporary_pin_opens(enrolment, temporary_pin, now=now):
        is_open = enrolment is not None and enrolment.state == EnrolmentState.OPEN and now < enrolment.expires_at
        reason = EnrolmentRefusal.WRONG_PIN if is_open else EnrolmentRefusal.OVER
        return _refused(reason, identity, actor=actor, now=now)
    if identity is None or enrolment is None:
        raise ValueError("An enrolment of nobody has no PIN that is right.")
    person = person_of(identity.id)
    not_allowed = refusal_of_pin(pin, cpr_number=person.cpr_number, born_on=person.born_on)
    if not_allowed is not None:
        return PinNotAllowed(reason=not_allowed)
    _lock_phone(enrolment)
    first = _first_code(enrolment)
    refusal = _refusal(identity, enrolment, first)
    if refusal is not None:
        enrolment.state = EnrolmentState.DEAD
        enrolment.save(update_fields=["state"])
        return _refused(refusal, identity, actor=actor, now=now)
    _make_room(identity, enrolment, now=now)
    app = _activate(identity, enrolment, first, pin=pin, now=now)
    events.authenticator_activated(
        identity_id=identity.id, kind=KIND, serial=None, actor=Actor.citizen(identity.id), now=now
    )
    told = AppCopied(at=now) if enrolment.copy_id else AuthenticatorActivated(authenticator=KIND.value, at=now)
    alert_citizen(identity=identity, message=told, now=now)
    return AppActivated(app_id=app.id, identity_id=identity.id, level=AssuranceLevel(app.enrolled_level))


def _locked(enrolment_id: UUID, *, device_key: bytes) -> tuple[Identity | None, AppEnrolment | None]:
    """Lock an enrolment of this key, its identity first: as who begins one does."""
    rows = AppEnrolment.objects.filter(pk=enrolment_id, device_key=device_key)
    identity_id = rows.values_list("identity_id", flat=True).first()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id) if identity_id else None
    return identity, rows.select_for_update().first()


def _temporary_pin_opens(enrolment: AppEnrolment | None, typed: str, *, now: datetime) -> bool:
    """Tell whether an open enrolment's PIN was typed; a wrong one counts, and the third kills it (SEC-4)."""
    if enrolment is None or enrolment.state != EnrolmentState.OPEN or now >= enrolment.expires_at:
        waste_the_time_of_a_pin()
        return False
    if enrolment.temporary_pin_verifier is None:
        waste_the_time_of_a_pin()
    elif verifier_matches(
        typed, enrolment.temporary_pin_verifier, purpose=sealing.TEMPORARY_PIN, bound_to=enrolment.id
    ):
        return True
    enrolment.wrong_tries += 1
    if enrolment.wrong_tries >= TEMPORARY_PIN_TRIES:
        enrolment.state = EnrolmentState.DEAD
    enrolment.save(update_fields=["wrong_tries", "state"])
    return False


def _lock_phone(enrolment: AppEnrolment) -> None:
    """Let nobody else put an app on this phone, or one with this key, until the transaction ends.

    The unique constraints see two apps at HIGH, and not one at HIGH beside another (AUT-3).
    """
    what = (enrolment.installation_id.bytes, bytes(enrolment.device_key))
    numbers = (int.from_bytes(sha256(part).digest()[:8], "big", signed=True) for part in what)
    with connection.cursor() as cursor:
        for number in sorted(numbers):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _first_code(enrolment: AppEnrolment) -> _FirstCode:
    """Look at the first code again. It was in time when it was typed; one that has died since opens nothing."""
    code = enrolment.activation_code
    if code is not None:
        is_open = code.state == ActivationCodeState.OPEN
        return _FirstCode(AssuranceLevel(code.enrolled_level), CodeCarrier(code.carrier), still_opens=is_open)
    if enrolment.copy is None:
        raise ValueError("An enrolment of someone has a first code.")
    app = app_copied_by(enrolment.copy)
    is_active = app.state == AuthenticatorState.ACTIVE
    return _FirstCode(AssuranceLevel(app.enrolled_level), None, still_opens=is_active)


def _refusal(identity: Identity, enrolment: AppEnrolment, first: _FirstCode) -> EnrolmentRefusal | None:
    if identity.state != IdentityState.ACTIVE or not first.still_opens:
        return EnrolmentRefusal.OVER
    if App.objects.filter(device_key=enrolment.device_key).exists():
        return EnrolmentRefusal.KEY_IN_USE
    if is_at_most(KIND, held=held_apps(identity.id, but_on=enrolment.installation_id)):
        return EnrolmentRefusal.AT_MOST
    if AssuranceLevel.HIGH in _levels_of_others(identity, enrolment):
        return EnrolmentRefusal.PHONE_TAKEN
    return None


def _levels_of_others(identity: Identity, enrolment: AppEnrolment) -> list[int]:
    others = App.objects.filter(installation_id=enrolment.installation_id).exclude(identity=identity)
    return list(others.exclude(state=AuthenticatorState.BLOCKED).values_list("enrolled_level", flat=True))


def _make_room(identity: Identity, enrolment: AppEnrolment, *, now: datetime) -> None:
    own = App.objects.select_for_update().filter(identity=identity, installation_id=enrolment.installation_id)
    earlier = own.exclude(state=AuthenticatorState.BLOCKED).first()
    if earlier is not None:
        reason, actor = AuthenticatorBlockReason.REPLACED, Actor.citizen(identity.id)
        block_locked(identity=identity, kind=KIND, row=earlier, reason=reason, actor=actor, now=now)


def _activate(identity: Identity, enrolment: AppEnrolment, first: _FirstCode, *, pin: str, now: datetime) -> App:
    if enrolment.activation_code is not None:
        use_code(enrolment.activation_code, now=enrolment.opened_at)
    enrolment.state = EnrolmentState.USED
    enrolment.save(update_fields=["state"])
    app = App(
        identity=identity,
        installation_id=enrolment.installation_id,
        platform=enrolment.platform,
        device_key=bytes(enrolment.device_key),
        enrolled_level=level_of_new_app(
            first.level, carrier=first.carrier, shares_its_phone=bool(_levels_of_others(identity, enrolment))
        ),
        activated_at=now,
    )
    app.pin_verifier = verifier(pin, purpose=sealing.APP_PIN, bound_to=app.id)
    app.save(force_insert=True)
    return app


def _refused(reason: EnrolmentRefusal, identity: Identity | None, *, actor: Actor, now: datetime) -> EnrolmentRefused:
    events.activation_refused(identity_id=identity.id if identity else None, reason=reason.value, actor=actor, now=now)
    return EnrolmentRefused(reason=reason)
