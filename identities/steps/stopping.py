"""Whoever holds an alert may stop the change it tells of, and block the identity, without a login (CHG-6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from audit.api import Actor
from hsm.api import blind_index_candidates, verifier_matches
from identities import events, sealing
from identities.models import Identity, IdentityBlock, PendingChange
from identities.queries import IdentityView, identities_by_phone, view_of
from identities.rules.change import WRONG_BLOCK_CODES
from identities.states import BlockReason, BlockSource, CancelledBy, ChangeField, ChangeState, IdentityState
from identities.steps.alerts import alert_citizen
from identities.steps.changes import cancel_change
from identities.steps.guard import assert_in_transaction
from identities.steps.identities import BlockOutcome, block_identity
from notifications.api import Channel, WrongReplies

HOLDS_FOR = timedelta(hours=24)  # how long after the window an alert still stops nothing but may block


class StopRefusal(StrEnum):
    """Why an answer stops nothing."""

    UNKNOWN = "unknown"
    NOT_PENDING = "not_pending"


@dataclass(frozen=True)
class HeldChange:
    """The change that an alert tells of; without the new value, which its holder may not see (ALR-6).

    ``may_block`` is False when too many wrong codes were answered for the word that blocks.
    """

    change_id: UUID
    identity_id: UUID
    field: ChangeField
    state: ChangeState
    opens_at: datetime
    ended_at: datetime | None
    may_block: bool


@dataclass(frozen=True)
class StopRefused:
    """Nothing was stopped."""

    reason: StopRefusal


@dataclass(frozen=True)
class Stopped:
    """The change will not be made."""

    change: HeldChange


@dataclass(frozen=True)
class BlockedByHolder:
    """The identity is blocked; True in ``is_new`` when this answer did it."""

    change: HeldChange
    is_new: bool


def held_by_token(*, token: str, now: datetime) -> HeldChange | None:
    """Find the change that an e-mail's stop address tells of, until a day after its window closed."""
    indexes = blind_index_candidates(token, purpose=sealing.STOP_TOKEN)
    changes = PendingChange.objects.select_related("identity").filter(stop_token_index__in=indexes)
    change = changes.filter(closes_at__gt=now - HOLDS_FOR).first()
    return _held(change) if change else None


def holders_of_phone(phone: str) -> list[IdentityView]:
    """Find and lock the identities that have or had this phone, the newest contact first.

    Rule:  CHG-6.
    Locks: the identities' rows, in the order of their ids.
    """
    assert_in_transaction()
    identity_ids = identities_by_phone(phone)
    rows = Identity.objects.select_for_update(no_key=True).filter(pk__in=identity_ids).order_by("pk")
    views = {row.id: view_of(row) for row in rows}
    return [views[identity_id] for identity_id in identity_ids]


def held_by_reply(*, phone: str, code: str, is_to_block: bool, now: datetime) -> HeldChange | None:
    """Find the change that an SMS to ``phone`` told of under ``code``; a wrong code counts against guessing.

    Rule:   CHG-6. The right code stops however many wrong ones came before. After five the word that blocks everything
            is not heard any more, and the owner is told on the other channels; the e-mail's page still does both.
    Locks:  the identities that have or had the phone, then the changes that its alerts told of.
    Writes: PendingChange, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity_ids = [view.id for view in holders_of_phone(phone)]  # identity first, as all do
    changes = list(
        PendingChange.objects.select_for_update(of=("self",))
        .select_related("identity")
        .filter(identity_id__in=identity_ids, closes_at__gt=now - HOLDS_FOR)
        .order_by("id")
    )
    heard = [one for one in changes if not is_to_block or one.wrong_stop_codes < WRONG_BLOCK_CODES]
    for change in reversed(heard):
        purpose = sealing.STOP_CODE
        if verifier_matches(code, bytes(change.stop_code_verifier), purpose=purpose, bound_to=change.id):
            return _held(change)
    for change in changes:
        _count_wrong_code(change, now=now)
    subject = identity_ids[0] if identity_ids else None
    events.change_stop_refused(
        identity_id=subject, reason=StopRefusal.UNKNOWN.value, actor=Actor.alert_holder(), now=now
    )
    return None


def _count_wrong_code(change: PendingChange, *, now: datetime) -> None:
    """Count a wrong code up to the last that matters, and tell of that one while the change waits."""
    if change.wrong_stop_codes >= WRONG_BLOCK_CODES:
        return
    change.wrong_stop_codes += 1
    change.save(update_fields=["wrong_stop_codes"])
    if change.state == ChangeState.PENDING and change.wrong_stop_codes == WRONG_BLOCK_CODES:
        alert_citizen(identity=change.identity, message=WrongReplies(field=change.field), now=now, not_by=Channel.SMS)


def stop_held_change(*, held: HeldChange, now: datetime) -> Stopped | StopRefused:
    """Stop the change that an alert's holder points at.

    Rule:   CHG-6, ALR-2.
    Writes: PendingChange, AuditEvent, Delivery.
    """
    assert_in_transaction()
    actor = Actor.alert_holder()
    is_stopped = cancel_change(
        identity_id=held.identity_id,
        change_id=held.change_id,
        by=CancelledBy.ALERT_HOLDER,
        actor=actor,
        now=now,
    )
    if not is_stopped:
        reason = StopRefusal.NOT_PENDING
        events.change_stop_refused(identity_id=held.identity_id, reason=reason.value, actor=actor, now=now)
        return StopRefused(reason=reason)
    return Stopped(change=held)


def block_as_holder(*, held: HeldChange, now: datetime) -> BlockedByHolder:
    """Block the whole identity at the word of an alert's holder.

    Rule: CHG-6, BLK-1.
    """
    outcome = block_identity(
        identity_id=held.identity_id,
        source=BlockSource.ALERT_HOLDER,
        reason=BlockReason.UNEXPECTED_ALERT,
        actor=Actor.alert_holder(),
        now=now,
    )
    return BlockedByHolder(change=held, is_new=outcome is not BlockOutcome.STOOD)


def _held(change: PendingChange) -> HeldChange | None:
    """Give what an alert's holder holds; nothing once a block came after it and was lifted in person (BLK-1).

    Other things that sign an identity out everywhere leave the holder's ways open: a thief may do them, too.
    """
    blocks = IdentityBlock.objects.filter(identity_id=change.identity_id, blocked_at__gte=change.requested_at)
    was_reopened = change.identity.state == IdentityState.ACTIVE and blocks.exists()
    if change.state != ChangeState.PENDING and was_reopened:
        return None
    return HeldChange(
        change_id=change.id,
        identity_id=change.identity_id,
        field=ChangeField(change.field),
        state=ChangeState(change.state),
        opens_at=change.opens_at,
        ended_at=change.ended_at,
        may_block=change.wrong_stop_codes < WRONG_BLOCK_CODES,
    )
