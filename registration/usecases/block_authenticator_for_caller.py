"""Support blocks one authenticator at a caller's word."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import AuthenticatorBlockReason, AuthenticatorKind, block_authenticator
from registration import events
from registration.rules.support import SupportAct, SupportRefusal, refusal_to_act_in_call
from registration.states import OfficerRole
from registration.steps import acting_as, locked_call
from registration.usecases.block_for_caller import Blocked
from registration.usecases.results import SupportRefused


@transaction.atomic(durable=True)
def block_authenticator_for_caller(
    *,
    officer_id: UUID,
    call_id: UUID,
    kind: AuthenticatorKind,
    authenticator_id: UUID,
    reason: AuthenticatorBlockReason,
    now: datetime,
) -> Blocked | SupportRefused:
    """One authenticator is blocked at once and for good; as with the whole identity, who calls need not be proven.

    Rule:   BLK-1, AUT-1, SUP-1, SUP-2, ALR-2.
    Raises: MayNotAct; SupportCall.DoesNotExist.
    Locks:  the call's row, then the identity's and the authenticator's.
    Writes: the authenticator, Identity, PendingChange, ActivationCode, AppEnrolment, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    call = locked_call(call_id, officer=officer)
    act = SupportAct.BLOCK_AUTHENTICATOR
    is_identified = call.identified_at is not None
    refusal = refusal_to_act_in_call(act, opened_at=call.opened_at, is_identified=is_identified, now=now)
    if refusal is None:
        is_new = block_authenticator(
            identity_id=call.identity_id,
            kind=kind,
            authenticator_id=authenticator_id,
            reason=reason,
            actor=officer.actor,
            now=now,
        )
        refusal = None if is_new else SupportRefusal.AUTHENTICATOR_GONE
    if refusal is None:
        return Blocked()
    events.support_refused(call=call, act=act.value, reason=refusal.value, actor=officer.actor, now=now)
    return SupportRefused(refusal)
