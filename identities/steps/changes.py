"""Pending changes: created, confirmed, cancelled, expired. The double login's rows (CHG-1 to CHG-7)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from audit.api import Actor
from hsm.api import blind_index, open_sealed, seal, verifier
from identities import events, sealing
from identities.models import Identity, PendingChange, TakenAnswer
from identities.queries import contacts_of, owner_of_user_id, user_id_is_taken
from identities.rules.change import TAKEN_ANSWERS_A_DAY, window_of
from identities.rules.user_id import UserIdRefusal, folded, refusal_of_user_id
from identities.states import CancelledBy, ChangeField, ChangeState, ContactKind, IdentityState
from identities.steps.alerts import alert_citizen
from identities.steps.contacts import proven_value, use_proof
from identities.steps.guard import assert_in_transaction
from notifications.api import ChangeRequested, ChangeStopped

CONTACT_OF = {ChangeField.PHONE: ContactKind.PHONE, ChangeField.EMAIL: ContactKind.EMAIL}
WORD_FOR_CANCELLER = {
    CancelledBy.CITIZEN: "citizen",
    CancelledBy.SUPPORT: "support",
    CancelledBy.ALERT_HOLDER: "alert",
    CancelledBy.BLOCK: "block",
}


class RequestRefusal(StrEnum):
    """Why a change is not taken, apart from what is wrong with a user ID."""

    ALREADY_PENDING = "already_pending"
    NOT_PROVEN = "not_proven"
    UNCHANGED = "unchanged"
    NOT_ACTIVE = "not_active"
    TOO_MANY_TAKEN = "too_many_taken"


@dataclass(frozen=True)
class ChangeWaits:
    """The change is stored and its alerts are on their way."""

    change_id: UUID
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class ChangeNotTaken:
    """The change is not stored."""

    reason: RequestRefusal | UserIdRefusal


def create_change(
    *,
    identity_id: UUID,
    field: ChangeField,
    new_user_id: str | None,
    proof_id: UUID | None,
    login_id: UUID,
    wait: timedelta,
    lasts: timedelta,
    stop_address: Callable[[str], str],
    actor: Actor,
    now: datetime,
) -> ChangeWaits | ChangeNotTaken:
    """Store a change that waits for its second login, and alert every channel that stands.

    A new contact comes as the id of its proof, a new user ID as text. ``stop_address`` makes the address of the page
    that stops the change out of a token.

    Rule:   CHG-1, CHG-2, CHG-3, CHG-7.
    Locks:  the identity's row, then the proof's.
    Writes: PendingChange, ContactProof, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    new_value = _judged_value(identity, field, new_user_id=new_user_id, proof_id=proof_id, now=now)
    if identity.state != IdentityState.ACTIVE:
        new_value = ChangeNotTaken(RequestRefusal.NOT_ACTIVE)
    if isinstance(new_value, str) and pending_row(identity_id=identity_id, field=field, now=now) is not None:
        new_value = ChangeNotTaken(RequestRefusal.ALREADY_PENDING)
    if isinstance(new_value, ChangeNotTaken):
        events.change_request_refused(
            identity_id=identity_id, field=field, reason=new_value.reason.value, actor=actor, now=now
        )
        return new_value
    opens_at, closes_at = window_of(requested_at=now, wait=wait, lasts=lasts)
    stop_code, stop_token = f"{secrets.randbelow(10_000):04}", secrets.token_urlsafe(24)
    change = PendingChange(
        identity=identity,
        field=field,
        new_value_sealed=seal(new_value, purpose=sealing.change(field), bound_to=identity.id),
        proof_id=proof_id,
        requested_at=now,
        opens_at=opens_at,
        closes_at=closes_at,
        first_login_id=login_id,
        stop_token_index=blind_index(stop_token, purpose=sealing.STOP_TOKEN),
    )
    change.stop_code_verifier = verifier(stop_code, purpose=sealing.STOP_CODE, bound_to=change.id)
    change.save(force_insert=True)
    if proof_id is not None:
        use_proof(proof_id=proof_id)
    events.change_requested(identity_id=identity_id, change_id=change.id, field=field, actor=actor, now=now)
    message = ChangeRequested(
        field=field.value,
        opens_at=opens_at,
        closes_at=closes_at,
        stop_code=stop_code,
        stop_address=stop_address(stop_token),
    )
    alert_citizen(identity=identity, message=message, now=now)
    return ChangeWaits(change_id=change.id, opens_at=opens_at, closes_at=closes_at)


def pending_row(*, identity_id: UUID, field: ChangeField, now: datetime) -> PendingChange | None:
    """Find a field's change that waits; one whose window has closed is expired on the way (CHG-4, CHG-7).

    Locks: the change's row.
    """
    assert_in_transaction()
    change = (
        PendingChange.objects.select_for_update()
        .filter(identity_id=identity_id, field=field, state=ChangeState.PENDING)
        .first()
    )
    if change is not None and now >= change.closes_at:
        expire(change=change, now=now)
        return None
    return change


def expire(*, change: PendingChange, now: datetime) -> None:
    """End a locked change whose window has closed."""
    assert_in_transaction()
    change.state, change.ended_at = ChangeState.EXPIRED, now
    change.save(update_fields=["state", "ended_at"])
    events.change_expired(
        identity_id=change.identity_id,
        change_id=change.id,
        field=ChangeField(change.field),
        actor=Actor.system(),
        now=now,
    )


def expire_change(*, change_id: UUID, now: datetime) -> bool:
    """End a change whose window has closed; False when it was ended otherwise in the meantime.

    Locks: the change's row, unless another worker has it.
    """
    assert_in_transaction()
    change = (
        PendingChange.objects.select_for_update(skip_locked=True)
        .filter(pk=change_id, state=ChangeState.PENDING, closes_at__lte=now)
        .first()
    )
    if change is None:
        return False
    expire(change=change, now=now)
    return True


def cancel_change(*, identity_id: UUID, change_id: UUID, by: CancelledBy, actor: Actor, now: datetime) -> bool:
    """Stop a change that waits and tell the citizen; False when it does not wait any more.

    Rule:   CHG-6.
    Raises: PendingChange.DoesNotExist when the change is not this identity's.
    Locks:  the identity's row, then the change's.
    Writes: PendingChange, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    change = PendingChange.objects.select_for_update().get(pk=change_id, identity=identity)
    if change.state != ChangeState.PENDING:
        return False
    _cancel(change, by=by, actor=actor, now=now)
    message = ChangeStopped(field=change.field, by=WORD_FOR_CANCELLER[by])
    alert_citizen(identity=identity, message=message, now=now)
    return True


def cancel_all_changes(*, identity: Identity, by: CancelledBy, actor: Actor, now: datetime) -> None:
    """Stop every change of a locked identity; what stops them all (a block) sends its own alert."""
    assert_in_transaction()
    waiting = PendingChange.objects.select_for_update().filter(identity=identity, state=ChangeState.PENDING)
    for change in waiting.order_by("id"):
        _cancel(change, by=by, actor=actor, now=now)


def _cancel(change: PendingChange, *, by: CancelledBy, actor: Actor, now: datetime) -> None:
    change.state, change.cancelled_by, change.ended_at = ChangeState.CANCELLED, by, now
    change.save(update_fields=["state", "cancelled_by", "ended_at"])
    events.change_cancelled(
        identity_id=change.identity_id,
        change_id=change.id,
        field=ChangeField(change.field),
        by=by,
        actor=actor,
        now=now,
    )


def new_value_of(change: PendingChange) -> str:
    """Open what a change will put in place."""
    field = ChangeField(change.field)
    return open_sealed(change.new_value_sealed, purpose=sealing.change(field), bound_to=change.identity_id)


def _judged_value(
    identity: Identity, field: ChangeField, *, new_user_id: str | None, proof_id: UUID | None, now: datetime
) -> str | ChangeNotTaken:
    if field is ChangeField.USER_ID:
        return _judged_user_id(identity, new_user_id or "", now=now)
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
