"""The second login's work: a pending change is made (CHG-3 to CHG-5)."""

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from uuid import UUID

from audit.api import Actor
from identities import events
from identities.models import Identity, PendingChange
from identities.rules.change import ConfirmRefusal, SecondLogin, refusal_to_confirm
from identities.states import AssuranceLevel, ChangeField, ChangeState
from identities.steps.alerts import alert_addresses, alert_citizen
from identities.steps.changes import expire, new_value_of
from identities.steps.guard import assert_in_transaction
from identities.steps.putting import Put, put_value
from notifications.api import ChangeConfirmed, withdraw


@dataclass(frozen=True)
class Confirmed:
    """The change is made. ``code`` is a new app's activation code, in the clear this once (SEC-4)."""

    field: ChangeField
    code: str | None = dataclass_field(default=None, repr=False)


@dataclass(frozen=True)
class ConfirmRefused:
    """The change is not made now; ``opens_at`` and ``closes_at`` tell when it can be."""

    reason: ConfirmRefusal
    field: ChangeField
    opens_at: datetime
    closes_at: datetime


def confirm_pending_change(
    *, identity_id: UUID, change_id: UUID, second: SecondLogin, actor: Actor, now: datetime
) -> Confirmed | ConfirmRefused:
    """Make a pending change, once its citizen has logged in a second time.

    Rule:   CHG-3, CHG-4, CHG-5, AUT-1, BLK-3.
    Raises: PendingChange.DoesNotExist when the change is not this identity's.
    Locks:  the identity's row, then the change's.
    Writes: PendingChange, what the field says, AuditEvent, Delivery.
    """
    assert_in_transaction()
    identity = Identity.objects.select_for_update(no_key=True).get(pk=identity_id)
    change = PendingChange.objects.select_for_update().get(pk=change_id, identity=identity)
    field = ChangeField(change.field)
    refusal = refusal_to_confirm(
        state=ChangeState(change.state),
        first_login_id=change.first_login_id,
        opens_at=change.opens_at,
        closes_at=change.closes_at,
        second=second,
        now=now,
    )
    stood_before = alert_addresses(identity_id=identity.id)
    first_level, value = AssuranceLevel(change.first_login_level), new_value_of(change)
    outcome: Put | ConfirmRefusal = refusal or put_value(
        identity, field, value, first_level=first_level, second=second, actor=actor, now=now
    )
    if isinstance(outcome, ConfirmRefusal):
        if outcome is ConfirmRefusal.TOO_LATE:
            expire(change=change, now=now)
        events.change_confirm_refused(
            identity_id=identity.id,
            change_id=change.id,
            field=field,
            reason=outcome.value,
            actor=actor,
            now=now,
        )
        return ConfirmRefused(reason=outcome, field=field, opens_at=change.opens_at, closes_at=change.closes_at)
    change.state, change.ended_at = ChangeState.CONFIRMED, now
    change.second_login_id, change.second_login_at = second.id, second.at
    change.save(update_fields=["state", "ended_at", "second_login_id", "second_login_at"])
    events.change_confirmed(identity_id=identity.id, change_id=change.id, field=field, actor=actor, now=now)
    withdraw(reference=identity.id, source=change.id, now=now)  # what tells that it waits
    message = ChangeConfirmed(field=field.value, at=now)
    alert_citizen(identity=identity, message=message, now=now, also=stood_before)
    return Confirmed(field=field, code=outcome.code)
