"""Pending changes: created, confirmed, cancelled, expired. The double login's rows (CHG-1 to CHG-7)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from audit.api import Actor
from hsm.api import blind_index, open_sealed, seal, verifier
from identities import events, sealing
from identities.models import ContactPoint, Identity, PendingChange
from identities.queries import address_of
from identities.rules.change import REQUESTS_A_DAY, window_of
from identities.states import AssuranceLevel, CancelledBy, ChangeField, ChangeState, IdentityState
from identities.steps.alerts import alert_citizen
from identities.steps.contacts import use_proof
from identities.steps.guard import assert_in_transaction
from identities.steps.judging import ChangeNotTaken, RequestRefusal, judged_value
from notifications.api import ChangeRanOut, ChangeRequested, ChangeStopped, Language, enqueue, withdraw

A_DAY = timedelta(hours=24)
WORD_FOR_CANCELLER = {
    CancelledBy.CITIZEN: "citizen",
    CancelledBy.SUPPORT: "support",
    CancelledBy.ALERT_HOLDER: "alert",
    CancelledBy.BLOCK: "block",
}


@dataclass(frozen=True)
class ChangeWaits:
    """The change is stored and its alerts are on their way."""

    change_id: UUID
    opens_at: datetime
    closes_at: datetime


def create_change(
    *,
    identity_id: UUID,
    field: ChangeField,
    new_value: str | None,
    proof_id: UUID | None,
    login_id: UUID,
    login_level: AssuranceLevel,
    wait: timedelta,
    lasts: timedelta,
    stop_address: Callable[[str], str],
    actor: Actor,
    now: datetime,
) -> ChangeWaits | ChangeNotTaken:
    """Store a change that waits for its second login, and alert every channel that stands.

    A new contact comes as the id of its proof, everything else as ``new_value``: a user ID; the encoded hash of a
    password; JSON for a new authenticator (``{"kind": "app"}``, ``{"kind": "chip", …the credential}``), a reopening
    (``{"kind", "id"}``) and a copy of an app (``{"app": id}``). ``stop_address`` makes the address of the page that
    stops the change out of a token. ``login_level`` is what the login that asks has reached.

    Rule:   CHG-1, CHG-2, CHG-3, CHG-7, AUT-1, BLK-3.
    Raises: ValueError, KeyError or TypeError for a value that no page of ours asks for.
    Locks:  the identity's row, then the proof's.
    Writes: PendingChange, ContactProof, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    opens_at, closes_at = window_of(requested_at=now, wait=wait, lasts=lasts)
    judged = judged_value(identity, field, new_value=new_value, proof_id=proof_id, closes_at=closes_at, now=now)
    if identity.state != IdentityState.ACTIVE:
        judged = ChangeNotTaken(RequestRefusal.NOT_ACTIVE)
    if isinstance(judged, str):
        judged = _refused_for_others(identity_id, field, now=now) or judged
    if isinstance(judged, ChangeNotTaken):
        why = judged.reason.value
        events.change_request_refused(identity_id=identity_id, field=field, reason=why, actor=actor, now=now)
        return judged
    stop_code, stop_token = f"{secrets.randbelow(10_000):04}", secrets.token_urlsafe(24)
    change = PendingChange(
        identity=identity,
        field=field,
        new_value_sealed=seal(judged, purpose=sealing.change(field), bound_to=identity.id),
        proof_id=proof_id,
        requested_at=now,
        opens_at=opens_at,
        closes_at=closes_at,
        first_login_id=login_id,
        first_login_level=login_level,
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
    alert_citizen(identity=identity, message=message, now=now, source=change.id, useful_until=closes_at)
    return ChangeWaits(change_id=change.id, opens_at=opens_at, closes_at=closes_at)


def _refused_for_others(identity_id: UUID, field: ChangeField, *, now: datetime) -> ChangeNotTaken | None:
    """Refuse a request for the field's other requests: one that waits, or five within a day.

    Rule: CHG-7, TRY-2. Requests are limited and never their alerts, so that nobody buries the one that matters.
    """
    if pending_row(identity_id=identity_id, field=field, now=now) is not None:
        return ChangeNotTaken(RequestRefusal.ALREADY_PENDING)
    recent = PendingChange.objects.filter(identity_id=identity_id, field=field, requested_at__gt=now - A_DAY)
    return ChangeNotTaken(RequestRefusal.TOO_MANY_REQUESTS) if recent.count() >= REQUESTS_A_DAY else None


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
    """End a locked change whose window has closed, and tell whom its alert has not reached that it ran out.

    Rule:   CHG-2, CHG-4, ALR-4.
    Writes: PendingChange, AuditEvent, Delivery.
    """
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
    unreached = withdraw(reference=change.identity_id, source=change.id, now=now)
    points = ContactPoint.objects.filter(identity_id=change.identity_id, id__in=unreached).order_by("id")
    addresses = [address_of(point) for point in points]
    if addresses:
        enqueue(
            message=ChangeRanOut(field=change.field),
            addresses=addresses,
            language=Language(change.identity.language),
            reference=change.identity_id,
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
    withdraw(reference=change.identity_id, source=change.id, now=now)
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
