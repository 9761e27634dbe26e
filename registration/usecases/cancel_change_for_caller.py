"""Support stops a pending change at its citizen's word."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import CancelledBy, cancel_change, change_of
from registration import events
from registration.rules.support import SupportAct, SupportRefusal, refusal_to_act_in_call
from registration.states import OfficerRole
from registration.steps import acting_as, locked_call
from registration.usecases.results import SupportRefused


@dataclass(frozen=True)
class ChangeStopped:
    """The change does not happen."""


@transaction.atomic(durable=True)
def cancel_change_for_caller(
    *, officer_id: UUID, call_id: UUID, change_id: UUID, now: datetime
) -> ChangeStopped | SupportRefused:
    """A pending change of an identified caller is stopped, and the citizen is told.

    Rule:   CHG-6, SUP-1, SUP-2.
    Raises: MayNotAct; SupportCall.DoesNotExist.
    Locks:  the call's row, then the identity's and the change's.
    Writes: PendingChange, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    call = locked_call(call_id, officer=officer)
    act = SupportAct.CANCEL_CHANGE
    is_identified = call.identified_at is not None
    refusal = refusal_to_act_in_call(act, opened_at=call.opened_at, is_identified=is_identified, now=now)
    if refusal is None:
        is_stopped = change_of(call.identity_id, change_id) is not None and cancel_change(
            identity_id=call.identity_id,
            change_id=change_id,
            by=CancelledBy.SUPPORT,
            actor=officer.actor,
            now=now,
        )
        refusal = None if is_stopped else SupportRefusal.NOT_PENDING
    if refusal is None:
        return ChangeStopped()
    events.support_refused(call=call, act=act.value, reason=refusal.value, actor=officer.actor, now=now)
    return SupportRefused(refusal)
