"""Support blocks the whole identity at a caller's word."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from django.db import transaction

from identities.api import BlockOutcome, BlockReason, BlockSource, block_identity
from registration import events
from registration.rules.support import SupportAct, SupportRefusal, refusal_to_act_in_call
from registration.states import OfficerRole
from registration.steps import acting_as, locked_call
from registration.usecases.results import SupportRefused


@dataclass(frozen=True)
class Blocked:
    """The identity is blocked."""


@dataclass(frozen=True)
class Noted:
    """It was blocked already; the graver reason is kept beside the first, and the citizen has been told."""


@transaction.atomic(durable=True)
def block_for_caller(
    *, officer_id: UUID, call_id: UUID, reason: BlockReason, now: datetime
) -> Blocked | Noted | SupportRefused:
    """An identity is blocked at once; who calls need not be proven, for a wrong block harms less than a late one.

    Rule:   BLK-1, BLK-3, REG-10, SUP-1, SUP-2.
    Raises: MayNotAct; SupportCall.DoesNotExist.
    Locks:  the call's row, then the identity's.
    Writes: Identity, IdentityBlock, PendingChange, ActivationCode, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    call = locked_call(call_id, officer=officer)
    act = SupportAct.BLOCK
    is_identified = call.identified_at is not None
    refusal = refusal_to_act_in_call(act, opened_at=call.opened_at, is_identified=is_identified, now=now)
    if refusal is None:
        outcome = block_identity(
            identity_id=call.identity_id,
            source=BlockSource.SUPPORT,
            reason=reason,
            actor=officer.actor,
            now=now,
        )
        match outcome:
            case BlockOutcome.BLOCKED:
                return Blocked()
            case BlockOutcome.NOTED:
                return Noted()
            case BlockOutcome.STOOD:
                refusal = SupportRefusal.ALREADY_BLOCKED
            case _:
                assert_never(outcome)
    events.support_refused(call=call, act=act.value, reason=refusal.value, actor=officer.actor, now=now)
    return SupportRefused(refusal)
