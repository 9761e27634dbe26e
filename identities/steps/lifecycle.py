"""One authenticator is suspended, blocked or reopened, whatever its kind (BLK-1, BLK-3, AUT-1)."""

from datetime import datetime
from uuid import UUID

from audit.api import Actor
from identities import events
from identities.models import App, Chip, CodeDevice, Identity, PasswordFactor
from identities.rules.limits import who_keeps_suspended
from identities.states import (
    CODE_DEVICES,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockSource,
)
from identities.steps.alerts import alert_citizen
from identities.steps.ending import sign_out_everywhere
from identities.steps.guard import assert_in_transaction
from notifications.api import AuthenticatorBlocked, AuthenticatorReopened, AuthenticatorSuspended

Row = App | Chip | CodeDevice | PasswordFactor


def suspend_authenticator(
    *,
    identity_id: UUID,
    kind: AuthenticatorKind,
    authenticator_id: UUID,
    source: BlockSource,
    reason: AuthenticatorBlockReason | None = None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Suspend one authenticator at once, for one source; False when that says nothing new.

    Whoever else suspends what the citizen had suspended takes the citizen's way to reopen it (BLK-3).

    Rule:   BLK-1, BLK-3, ALR-2. Ends what a block ends: who holds the lost phone may be logged in.
    Locks:  the identity's row, then the authenticator's.
    Writes: the authenticator, Identity, PendingChange, ActivationCode, AppEnrolment, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    row = locked_row(identity_id=identity_id, kind=kind, authenticator_id=authenticator_id)
    if row is None:
        return False
    return suspend_locked(identity=identity, kind=kind, row=row, source=source, reason=reason, actor=actor, now=now)


def suspend_locked(
    *,
    identity: Identity,
    kind: AuthenticatorKind,
    row: Row,
    source: BlockSource,
    reason: AuthenticatorBlockReason | None,
    actor: Actor,
    now: datetime,
) -> bool:
    """Suspend an authenticator whose row the caller holds, after its identity's; see ``suspend_authenticator``."""
    assert_in_transaction()
    before = BlockSource(row.suspended_by) if row.suspended_by else None
    keeps = who_keeps_suspended(before=before, asks=source)
    if row.state == AuthenticatorState.BLOCKED or keeps is before:
        return False
    put_state(row, AuthenticatorState.SUSPENDED, suspended_by=keeps, now=now)
    events.authenticator_suspended(
        identity_id=identity.id, kind=kind, source=source, reason=reason, actor=actor, now=now
    )
    sign_out_everywhere(identity=identity, actor=actor, now=now)
    alert_citizen(identity=identity, message=AuthenticatorSuspended(authenticator=kind.value, at=now), now=now)
    return True


def block_authenticator(
    *,
    identity_id: UUID,
    kind: AuthenticatorKind,
    authenticator_id: UUID,
    reason: AuthenticatorBlockReason,
    actor: Actor,
    now: datetime,
) -> bool:
    """Block one authenticator for good; False when it is not this identity's, or blocked already.

    Rule:   BLK-1, AUT-1, ALR-2. A block ends sessions, open requests, codes and pending changes.
    Locks:  the identity's row, then the authenticator's.
    Writes: the authenticator, Identity, PendingChange, ActivationCode, AppEnrolment, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    row = locked_row(identity_id=identity_id, kind=kind, authenticator_id=authenticator_id)
    if row is None:
        return False
    return block_locked(identity=identity, kind=kind, row=row, reason=reason, actor=actor, now=now)


def block_locked(
    *,
    identity: Identity,
    kind: AuthenticatorKind,
    row: Row,
    reason: AuthenticatorBlockReason,
    actor: Actor,
    now: datetime,
) -> bool:
    """Block an authenticator whose row the caller holds, after its identity's; see ``block_authenticator``."""
    assert_in_transaction()
    if row.state == AuthenticatorState.BLOCKED:
        return False
    put_state(row, AuthenticatorState.BLOCKED, suspended_by=None, now=now)
    events.authenticator_blocked(identity_id=identity.id, kind=kind, reason=reason.value, actor=actor, now=now)
    sign_out_everywhere(identity=identity, actor=actor, now=now)
    alert_citizen(identity=identity, message=AuthenticatorBlocked(authenticator=kind.value, at=now), now=now)
    return True


def reopen_authenticator(
    *, identity_id: UUID, kind: AuthenticatorKind, authenticator_id: UUID, actor: Actor, now: datetime
) -> bool:
    """Reopen a suspended authenticator; False when it is not suspended. One that is blocked stays so (AUT-1).

    Rule:   BLK-3: called by the double login for what ``may_reopen_alone`` allows, and by the registration authority
            for a citizen who is there in person.
    Locks:  the identity's row, then the authenticator's.
    Writes: the authenticator, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    row = locked_row(identity_id=identity_id, kind=kind, authenticator_id=authenticator_id)
    if row is None or row.state != AuthenticatorState.SUSPENDED:
        return False
    put_state(row, AuthenticatorState.ACTIVE, suspended_by=None, now=now)
    events.authenticator_reopened(identity_id=identity_id, kind=kind, actor=actor, now=now)
    alert_citizen(identity=identity, message=AuthenticatorReopened(authenticator=kind.value, at=now), now=now)
    return True


def locked_row(*, identity_id: UUID, kind: AuthenticatorKind, authenticator_id: UUID) -> Row | None:
    """Find and lock one of a locked identity's own authenticators; someone else's is as good as none.

    Locks: the authenticator's row.
    """
    assert_in_transaction()
    if kind is AuthenticatorKind.APP:
        return App.objects.select_for_update().filter(pk=authenticator_id, identity_id=identity_id).first()
    if kind is AuthenticatorKind.CHIP:
        return Chip.objects.select_for_update().filter(pk=authenticator_id, identity_id=identity_id).first()
    if kind in CODE_DEVICES:
        devices = CodeDevice.objects.select_for_update(of=("self",))
        return devices.filter(uuid=authenticator_id, user_id=identity_id, kind=kind).first()
    if authenticator_id != identity_id:
        return None
    return PasswordFactor.objects.select_for_update().filter(pk=identity_id).first()


def put_state(row: Row, state: AuthenticatorState, *, suspended_by: BlockSource | None, now: datetime) -> None:
    """Write the state of a locked authenticator and what hangs on it; the caller records and tells."""
    assert_in_transaction()
    row.state, row.suspended_by = state.value, suspended_by
    row.blocked_at = now if state is AuthenticatorState.BLOCKED else None
    fields = ["state", "suspended_by", "blocked_at"]
    if isinstance(row, CodeDevice):
        row.confirmed = state is AuthenticatorState.ACTIVE
        fields.append("confirmed")
    row.save(update_fields=fields)
