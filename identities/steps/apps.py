"""The PIN of an app, held against what the HSM made of it (SEC-1)."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from audit.api import Actor, FixedQuery, put_back
from hsm.api import verifier, verifier_matches
from identities import events, sealing
from identities.models import App, Identity
from identities.rules.tries import NO_TRIES, after_wrong_try, is_paused
from identities.states import AuthenticatorBlockReason, AuthenticatorKind, AuthenticatorState, IdentityState
from identities.steps.guard import assert_in_transaction
from identities.steps.lifecycle import block_locked

NOBODYS_APP: Final = UUID(int=0)
_OWNER: Final = FixedQuery(
    lambda app_id: Identity.objects.select_for_update(no_key=True, of=("self",)).filter(apps=app_id), UUID
)
_LOCKED: Final = FixedQuery(lambda pk: App.objects.select_for_update().filter(pk=pk), UUID)


class PinOutcome(StrEnum):
    """What a typed PIN comes to. A suspended app looks paused, and an app of a blocked identity looks blocked."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    PAUSED = "paused"
    BLOCKED = "blocked"


def accept_pin(*, app_id: UUID, pin: str, actor: Actor, now: datetime) -> PinOutcome:
    """Decide whether ``pin`` is the app's, counting wrong tries. The caller has verified the device's signature.

    A right PIN during a pause is refused as a wrong one is, and neither counts.

    Rule:   SEC-1. TRY-1, TRY-2: only who holds the phone's key comes this far, so that wrong PINs end in a block.
    Raises: App.DoesNotExist; HsmUnavailable.
    Locks:  the identity's row, then the app's.
    Writes: App, AuditEvent; when it blocks: what ``block_authenticator`` writes.
    """
    assert_in_transaction()
    identity = _OWNER.first(app_id)
    if identity is None:
        raise App.DoesNotExist
    app = _LOCKED.first(app_id)
    if app is None:
        raise App.DoesNotExist
    is_right = verifier_matches(pin, app.pin_verifier, purpose=sealing.APP_PIN, bound_to=app.id)
    if app.state == AuthenticatorState.BLOCKED or identity.state != IdentityState.ACTIVE:
        return PinOutcome.BLOCKED
    if app.state != AuthenticatorState.ACTIVE or is_paused(app.tries, now=now):
        return PinOutcome.PAUSED
    tries = NO_TRIES if is_right else after_wrong_try(app.tries, may_block=True, now=now)
    app.count(tries)
    if is_right:
        app.last_used_at = now
    put_back(app, "wrong_in_a_row", "pauses_taken", "paused_until", "last_used_at")
    if is_right:
        return PinOutcome.ACCEPTED
    kind = AuthenticatorKind.APP
    if tries.is_blocked:
        reason = AuthenticatorBlockReason.WRONG_TRIES
        block_locked(identity=identity, kind=kind, row=app, reason=reason, actor=actor, now=now)
        return PinOutcome.BLOCKED
    if is_paused(tries, now=now):
        events.authenticator_paused(identity_id=identity.id, kind=kind, actor=actor, now=now)
        return PinOutcome.PAUSED
    return PinOutcome.WRONG


def waste_the_time_of_a_pin() -> None:
    """Spend the time that judging a PIN or a typed code takes, where there is nothing to hold it against (TRY-2)."""
    verifier("", purpose=sealing.APP_PIN, bound_to=NOBODYS_APP)
