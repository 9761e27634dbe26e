"""Support has the clock of a caller's code device found again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import resync_device
from registration import events
from registration.rules.support import SupportAct, SupportRefusal, refusal_to_act_in_call
from registration.states import OfficerRole
from registration.steps import acting_as, locked_call, tell_of_act
from registration.usecases.results import SupportRefused
from registration.usecases.resync_in_case import ClockFound


@transaction.atomic(durable=True)
def resync_for_caller(
    *, officer_id: UUID, call_id: UUID, first_code: str, second_code: str, now: datetime
) -> ClockFound | SupportRefused:
    """An identified caller's code device is found again by two codes in a row, which open nothing afterwards.

    Rule:   SEC-3, SUP-1, SUP-3, ALR-2.
    Raises: MayNotAct; SupportCall.DoesNotExist; HsmUnavailable.
    Locks:  the call's row, then the device's.
    Writes: CodeDevice, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    call = locked_call(call_id, officer=officer)
    act = SupportAct.RESYNC
    is_identified = call.identified_at is not None
    refusal = refusal_to_act_in_call(act, opened_at=call.opened_at, is_identified=is_identified, now=now)
    if refusal is None:
        is_found = resync_device(
            identity_id=call.identity_id,
            first_code=first_code,
            second_code=second_code,
            actor=officer.actor,
            now=now,
        )
        tell_of_act(identity_id=call.identity_id, act="resynced_device", officer=officer, now=now)
        refusal = None if is_found else SupportRefusal.CLOCK_NOT_FOUND
    if refusal is None:
        return ClockFound()
    events.support_refused(call=call, act=act.value, reason=refusal.value, actor=officer.actor, now=now)
    return SupportRefused(refusal)
