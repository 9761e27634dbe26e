"""What a change asks for is judged before it waits (CHG-1, CHG-7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from identities.authenticator_queries import authenticator_of, authenticators_held, authenticators_of
from identities.hashers import PepperedArgon2PasswordHasher
from identities.models import Identity, TakenAnswer
from identities.queries import contacts_of, owner_of_user_id, registered_phone, user_id_is_taken
from identities.rules.change import TAKEN_ANSWERS_A_DAY
from identities.rules.codes import phone_is_too_new
from identities.rules.limits import is_at_most, may_reopen_alone
from identities.rules.user_id import UserIdRefusal, folded, refusal_of_user_id
from identities.rules.wanted import wanted_authenticator, wanted_copy, wanted_reopening
from identities.states import AuthenticatorKind, AuthenticatorState, ChangeField, ContactKind
from identities.steps.contacts import proven_value
from identities.webauthn import ChipCredential

CONTACT_OF: Final = {ChangeField.PHONE: ContactKind.PHONE, ChangeField.EMAIL: ContactKind.EMAIL}


class RequestRefusal(StrEnum):
    """Why a change is not taken, apart from what is wrong with a user ID."""

    ALREADY_PENDING = "already_pending"
    NOT_PROVEN = "not_proven"
    UNCHANGED = "unchanged"
    NOT_ACTIVE = "not_active"
    TOO_MANY_TAKEN = "too_many_taken"
    AT_MOST = "at_most"
    PHONE_TOO_NEW = "phone_too_new"
    NO_PHONE = "no_phone"
    IS_BLOCKED = "is_blocked"
    IS_SUSPENDED = "is_suspended"
    NOT_YOURS_TO_REOPEN = "not_yours_to_reopen"
    NO_SUCH_APP = "no_such_app"
    TOO_MANY_REQUESTS = "too_many_requests"


@dataclass(frozen=True)
class ChangeNotTaken:
    """The change is not stored."""

    reason: RequestRefusal | UserIdRefusal


def judged_value(
    identity: Identity,
    field: ChangeField,
    *,
    new_value: str | None,
    proof_id: UUID | None,
    closes_at: datetime,
    now: datetime,
) -> str | ChangeNotTaken:
    """Give what a locked identity's change would put in place, or why it may not.

    Rule:   CHG-1, AUT-1, BLK-3, SEC-7.
    Raises: ValueError, KeyError or TypeError for a value that no page of ours asks for.
    Locks:  the proof's row.
    """
    if field in CONTACT_OF:
        return _judged_contact(identity, field, proof_id=proof_id)
    if field is ChangeField.USER_ID:
        return _judged_user_id(identity, new_value or "", now=now)
    if new_value is None:
        raise ValueError("A change of this field comes with a value.", field.value)
    refusal = refusal_of_value(identity, field, new_value, at=closes_at)
    return new_value if refusal is None else ChangeNotTaken(refusal)


def refusal_of_value(identity: Identity, field: ChangeField, value: str, *, at: datetime) -> RequestRefusal | None:
    """Decide whether one of the newer fields may be changed so; ``at`` is when a code would have to reach the phone.

    Asked when the change is asked for, and again when it is made.
    """
    match field:
        case ChangeField.PASSWORD:
            return _refusal_of_password(identity, value)
        case ChangeField.AUTHENTICATOR:
            kind, credential = wanted_authenticator(value)
            if kind is AuthenticatorKind.CHIP:
                ChipCredential.from_json(credential)  # what does not open now would not when it is confirmed
            return _refusal_of_another(identity, kind, at=at)
        case ChangeField.REOPENING:
            kind, authenticator_id = wanted_reopening(value)
            own = authenticator_of(identity.id, kind=kind, authenticator_id=authenticator_id)
            may = own is not None and may_reopen_alone(state=own.state, suspended_by=own.suspended_by)
            return None if may else RequestRefusal.NOT_YOURS_TO_REOPEN
        case ChangeField.APP_COPY:
            own = authenticator_of(identity.id, kind=AuthenticatorKind.APP, authenticator_id=wanted_copy(value))
            if own is None or own.state is not AuthenticatorState.ACTIVE:
                return RequestRefusal.NO_SUCH_APP
            return _refusal_of_another(identity, AuthenticatorKind.APP, at=at)
        case _:
            raise ValueError("Not one of the newer fields.", field.value)


def _refusal_of_another(identity: Identity, kind: AuthenticatorKind, *, at: datetime) -> RequestRefusal | None:
    if is_at_most(kind, held=authenticators_held(identity.id, kind)):
        return RequestRefusal.AT_MOST
    if kind is not AuthenticatorKind.APP:
        return None
    phone = registered_phone(identity.id)  # which the temporary PIN goes to (SEC-5)
    if phone is None:
        return RequestRefusal.NO_PHONE
    is_new = phone_is_too_new(registered_at=phone.registered_at, is_first=phone.is_first, now=at)
    return RequestRefusal.PHONE_TOO_NEW if is_new else None


def _refusal_of_password(identity: Identity, encoded: str) -> RequestRefusal | None:
    if not encoded.startswith(f"{PepperedArgon2PasswordHasher.algorithm}$"):
        raise ValueError("A password waits as its hash only.")
    passwords = [view for view in authenticators_of(identity.id) if view.kind is AuthenticatorKind.PASSWORD]
    states = {view.state for view in passwords}
    if AuthenticatorState.BLOCKED in states:
        return RequestRefusal.IS_BLOCKED
    return RequestRefusal.IS_SUSPENDED if AuthenticatorState.SUSPENDED in states else None


def _judged_contact(identity: Identity, field: ChangeField, *, proof_id: UUID | None) -> str | ChangeNotTaken:
    kind = CONTACT_OF[field]
    value = proven_value(proof_id=proof_id, owner_id=identity.id, kind=kind) if proof_id else None
    if value is None:
        return ChangeNotTaken(RequestRefusal.NOT_PROVEN)
    if contacts_of(identity.id).get(kind) == value:
        return ChangeNotTaken(RequestRefusal.UNCHANGED)
    return value


def _judged_user_id(identity: Identity, user_id: str, *, now: datetime) -> str | ChangeNotTaken:
    """Judge a user ID for a locked identity; how often it is told that one is taken is counted (TRY-2)."""
    if folded(user_id) == identity.user_id_folded:
        return ChangeNotTaken(UserIdRefusal.UNCHANGED)
    refusal = refusal_of_user_id(user_id, owner=owner_of_user_id(identity.id))
    if refusal is not None:
        return ChangeNotTaken(refusal)
    told = TakenAnswer.objects.filter(identity=identity, told_at__gt=now - timedelta(days=1)).count()
    if told >= TAKEN_ANSWERS_A_DAY:
        return ChangeNotTaken(RequestRefusal.TOO_MANY_TAKEN)
    if user_id_is_taken(user_id, by_other_than=identity.id):
        TakenAnswer.objects.create(identity=identity, told_at=now)
        return ChangeNotTaken(UserIdRefusal.TAKEN)
    return user_id
