"""A confirmed change is put in place (CHG-4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from audit.api import Actor
from identities import events
from identities.models import Identity
from identities.rules.change import ConfirmRefusal, SecondLogin
from identities.rules.user_id import folded, normal_user_id
from identities.rules.wanted import wanted_authenticator, wanted_copy, wanted_reopening
from identities.states import AssuranceLevel, AuthenticatorKind, ChangeField, CodeCarrier
from identities.steps.chips import enrol_chip
from identities.steps.contacts import put_contact
from identities.steps.factors import put_encoded_password
from identities.steps.giving import CodeNotGiven, CodeNotGivenReason, give_activation_code
from identities.steps.identities import take_user_id
from identities.steps.judging import CONTACT_OF, RequestRefusal, refusal_of_value
from identities.steps.lifecycle import reopen_authenticator
from identities.webauthn import ChipCredential, ChipRefusal

AS_CONFIRM_REFUSAL: Final[Mapping[StrEnum, ConfirmRefusal]] = {
    ChipRefusal.AT_MOST: ConfirmRefusal.AT_MOST,
    ChipRefusal.TAKEN: ConfirmRefusal.TAKEN,
    RequestRefusal.AT_MOST: ConfirmRefusal.AT_MOST,
    RequestRefusal.PHONE_TOO_NEW: ConfirmRefusal.PHONE_TOO_NEW,
    CodeNotGivenReason.AT_MOST: ConfirmRefusal.AT_MOST,
    CodeNotGivenReason.PHONE_TOO_NEW: ConfirmRefusal.PHONE_TOO_NEW,
}


@dataclass(frozen=True)
class Put:
    """The new value stands; a new app's activation code, in the clear this once (SEC-4)."""

    code: str | None = field(default=None, repr=False)


def put_value(
    identity: Identity,
    change_field: ChangeField,
    value: str,
    *,
    first_level: AssuranceLevel,
    second: SecondLogin,
    actor: Actor,
    now: datetime,
) -> Put | ConfirmRefusal:
    """Put a locked identity's new value in place, or say what has come between since it was asked for.

    Rule:   CHG-4, AUT-1, BLK-3, SEC-7, UID-4.
    Writes: what the field says.
    """
    if change_field in CONTACT_OF:
        put_contact(identity=identity, kind=CONTACT_OF[change_field], value=value, actor=actor, now=now)
        return Put()
    if change_field is ChangeField.USER_ID:
        return _put_user_id(identity, value, actor=actor, now=now)
    if change_field is ChangeField.APP_COPY and second.app_id != wanted_copy(value):
        return ConfirmRefusal.OTHER_APP
    refusal = refusal_of_value(identity, change_field, value, at=now)
    if refusal is not None:
        return AS_CONFIRM_REFUSAL.get(refusal, ConfirmRefusal.NOT_POSSIBLE)
    if change_field is ChangeField.PASSWORD:
        put_encoded_password(identity=identity, encoded=value, now=now)
    elif change_field is ChangeField.AUTHENTICATOR:
        level = min(first_level, second.level, AssuranceLevel(identity.assurance_level))
        return _put_authenticator(identity, value, level=level, actor=actor, now=now)
    elif change_field is ChangeField.REOPENING:
        kind, authenticator_id = wanted_reopening(value)
        reopen_authenticator(
            identity_id=identity.id, kind=kind, authenticator_id=authenticator_id, actor=actor, now=now
        )
    return Put()


def _put_user_id(identity: Identity, value: str, *, actor: Actor, now: datetime) -> Put | ConfirmRefusal:
    if not take_user_id(identity_id=identity.id, user_id=value, now=now):
        return ConfirmRefusal.TAKEN
    identity.user_id, identity.user_id_folded = normal_user_id(value), folded(value)
    identity.save(update_fields=["user_id", "user_id_folded"])
    events.user_id_changed(identity_id=identity.id, actor=actor, now=now)
    return Put()


def _put_authenticator(
    identity: Identity, value: str, *, level: AssuranceLevel, actor: Actor, now: datetime
) -> Put | ConfirmRefusal:
    """Give a new app its code on the screen, to be typed within half an hour; enrol a chip at once.

    Rule: LVL-2: a chip that was registered from home reaches no more than the login that it was made at, and no more
          than the one that confirms it.
    """
    kind, credential = wanted_authenticator(value)
    if kind is AuthenticatorKind.CHIP:
        enrolled = enrol_chip(
            identity_id=identity.id,
            credential=ChipCredential.from_json(credential),
            enrolled_level=level,
            actor=actor,
            now=now,
        )
        return Put() if isinstance(enrolled, UUID) else AS_CONFIRM_REFUSAL.get(enrolled, ConfirmRefusal.NOT_POSSIBLE)
    given = give_activation_code(
        identity_id=identity.id, kind=kind, carrier=CodeCarrier.SCREEN, proven_level=None, actor=actor, now=now
    )
    if isinstance(given, CodeNotGiven):
        return AS_CONFIRM_REFUSAL.get(given.reason, ConfirmRefusal.NOT_POSSIBLE)
    return Put(code=given.text)
