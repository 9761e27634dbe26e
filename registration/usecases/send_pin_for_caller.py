"""Support sends the temporary PIN of an app again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from identities.api import PinNotSentReason, PinSent, resend_temporary_pin
from registration import events
from registration.rules.support import SupportAct, SupportRefusal, refusal_to_act_in_call
from registration.states import OfficerRole
from registration.steps import acting_as, locked_call, tell_of_act
from registration.usecases.results import SupportRefused

WHY: Final[Mapping[PinNotSentReason, SupportRefusal]] = {
    PinNotSentReason.NO_ENROLMENT: SupportRefusal.NO_ENROLMENT,
    PinNotSentReason.NO_PHONE: SupportRefusal.NO_PHONE,
    PinNotSentReason.PHONE_TOO_NEW: SupportRefusal.PHONE_TOO_NEW,
    PinNotSentReason.TOO_MANY_PINS: SupportRefusal.TOO_MANY_PINS,
}


@transaction.atomic(durable=True)
def send_pin_for_caller(*, officer_id: UUID, call_id: UUID, now: datetime) -> PinSent | SupportRefused:
    """An identified caller whose app is on its way gets a fresh temporary PIN, and is told that support sent it.

    Rule:   SUP-1, SUP-2, SEC-5, SEC-7, ALR-2.
    Raises: MayNotAct; SupportCall.DoesNotExist.
    Locks:  the call's row, then the identity's and the enrolment's.
    Writes: AppEnrolment, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    call = locked_call(call_id, officer=officer)
    act = SupportAct.SEND_PIN
    is_identified = call.identified_at is not None
    refusal = refusal_to_act_in_call(act, opened_at=call.opened_at, is_identified=is_identified, now=now)
    next_at = None
    if refusal is None:
        outcome = resend_temporary_pin(identity_id=call.identity_id, actor=officer.actor, now=now)
        if isinstance(outcome, PinSent):
            tell_of_act(identity_id=call.identity_id, act="sent_temporary_pin", officer=officer, now=now)
            return outcome
        refusal, next_at = WHY[outcome.reason], outcome.next_at
    events.support_refused(call=call, act=act.value, reason=refusal.value, actor=officer.actor, now=now)
    return SupportRefused(refusal, next_at=next_at)
