"""Support sends an activation code by SMS."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from identities.api import (
    AuthenticatorKind,
    CodeCarrier,
    CodeGiven,
    CodeNotGivenReason,
    give_activation_code,
)
from registration import events
from registration.rules.support import SupportAct, SupportRefusal, refusal_to_act_in_call
from registration.states import OfficerRole
from registration.steps import acting_as, locked_call
from registration.usecases.results import SupportRefused

WHY: Final[Mapping[CodeNotGivenReason, SupportRefusal]] = {
    CodeNotGivenReason.BLOCKED: SupportRefusal.IDENTITY_BLOCKED,
    CodeNotGivenReason.NO_PHONE: SupportRefusal.NO_PHONE,
    CodeNotGivenReason.PHONE_TOO_NEW: SupportRefusal.PHONE_TOO_NEW,
    CodeNotGivenReason.AT_MOST: SupportRefusal.AT_MOST,
    CodeNotGivenReason.NO_DEVICE: SupportRefusal.NO_DEVICE,
    CodeNotGivenReason.SAME_CHANNEL: SupportRefusal.SAME_CHANNEL,
    CodeNotGivenReason.NEEDS_PASSWORD: SupportRefusal.SAME_CHANNEL,  # said of a chip alone, which gets no SMS at all
    CodeNotGivenReason.OTHER_HALF: SupportRefusal.OTHER_HALF,
    CodeNotGivenReason.SUSPENDED: SupportRefusal.SUSPENDED,
    CodeNotGivenReason.TOO_MANY_CODES: SupportRefusal.TOO_MANY_CODES,
}


@transaction.atomic(durable=True)
def send_code_for_caller(
    *, officer_id: UUID, call_id: UUID, kind: AuthenticatorKind, now: datetime
) -> CodeGiven | SupportRefused:
    """An identified caller gets a code by SMS, for a password or the code device that was handed to them.

    The agent sees neither the code nor the number. Never for an app, whose second code comes by SMS (SEC-5), nor for a
    chip; and of a code device and a password one within 120 hours (ADR 0111).

    Rule:   SUP-1, SUP-2, SEC-4, SEC-7, ALR-2.
    Raises: MayNotAct; SupportCall.DoesNotExist.
    Locks:  the call's row, then the identity's and the device's.
    Writes: ActivationCode, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    call = locked_call(call_id, officer=officer)
    act = SupportAct.SEND_CODE
    is_identified = call.identified_at is not None
    refusal = refusal_to_act_in_call(act, opened_at=call.opened_at, is_identified=is_identified, now=now)
    next_at = None
    if refusal is None:
        outcome = give_activation_code(
            identity_id=call.identity_id,
            kind=kind,
            carrier=CodeCarrier.SMS,
            proven_level=None,
            actor=officer.actor,
            now=now,
        )
        if isinstance(outcome, CodeGiven):
            return outcome
        refusal, next_at = WHY[outcome.reason], outcome.next_at
    events.support_refused(call=call, act=act.value, reason=refusal.value, actor=officer.actor, now=now)
    return SupportRefused(refusal, next_at=next_at)
