"""Support reads a caller's user ID out to them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import identity_by_id
from registration import events
from registration.rules.support import SupportAct, SupportRefusal, refusal_to_act_in_call
from registration.states import OfficerRole
from registration.steps import acting_as, locked_call, tell_of_act
from registration.usecases.results import SupportRefused


@dataclass(frozen=True)
class UserIdTold:
    """The user ID to read out, in this answer only."""

    user_id: str


@transaction.atomic(durable=True)
def tell_user_id(*, officer_id: UUID, call_id: UUID, now: datetime) -> UserIdTold | SupportRefused:
    """An identified caller's user ID is shown to the agent, and the citizen is told that it was.

    Rule:   SUP-1, SUP-2, SUP-3.
    Raises: MayNotAct; SupportCall.DoesNotExist.
    Locks:  the call's row.
    Writes: AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    call = locked_call(call_id, officer=officer)
    act = SupportAct.TELL_USER_ID
    is_identified = call.identified_at is not None
    refusal = refusal_to_act_in_call(act, opened_at=call.opened_at, is_identified=is_identified, now=now)
    identity = identity_by_id(call.identity_id)
    if refusal is not None or identity is None:
        reason = refusal or SupportRefusal.NOT_IDENTIFIED
        events.support_refused(call=call, act=act.value, reason=reason.value, actor=officer.actor, now=now)
        return SupportRefused(reason)
    events.user_id_told(call=call, actor=officer.actor, now=now)
    tell_of_act(identity_id=identity.id, act="told_user_id", officer=officer, now=now)
    return UserIdTold(identity.user_id)
