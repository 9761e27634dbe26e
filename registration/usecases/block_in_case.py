"""A clerk blocks for a citizen at the desk: the whole identity, or one authenticator."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import (
    AuthenticatorBlockReason,
    AuthenticatorKind,
    BlockOutcome,
    BlockReason,
    BlockSource,
    block_authenticator,
    block_identity,
)
from registration import events
from registration.models import ProofingCase
from registration.queries import ActingOfficer
from registration.rules.case import StepRefusal, refusal_to_block
from registration.rules.officers import is_own_identity
from registration.states import CaseState, OfficerRole
from registration.steps import acting_as, locked_case
from registration.usecases.results import StepRefused


@dataclass(frozen=True)
class BlockedInCase:
    """It is blocked, and the citizen has been told."""


@dataclass(frozen=True)
class NotedInCase:
    """It was blocked already; the graver reason is kept beside the first, and the citizen has been told."""


@transaction.atomic(durable=True)
def block_identity_in_case(
    *, officer_id: UUID, case_id: UUID, reason: BlockReason, now: datetime
) -> BlockedInCase | NotedInCase | StepRefused:
    """The whole identity of whom a case is about is blocked at once, by the registration authority.

    Rule:   BLK-1, BLK-3, REG-10, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the identity's.
    Writes: Identity, IdentityBlock, PendingChange, ActivationCode, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = _refusal(case, officer, now=now)
    if refusal is None and case.identity_id is not None:
        outcome = block_identity(
            identity_id=case.identity_id, source=BlockSource.RA, reason=reason, actor=officer.actor, now=now
        )
        if outcome is BlockOutcome.NOTED:
            return NotedInCase()
        refusal = StepRefusal.ALREADY_BLOCKED if outcome is BlockOutcome.STOOD else None
    return _outcome(case, officer, "block", refusal, now=now)


@transaction.atomic(durable=True)
def block_authenticator_in_case(
    *,
    officer_id: UUID,
    case_id: UUID,
    kind: AuthenticatorKind,
    authenticator_id: UUID,
    reason: AuthenticatorBlockReason,
    now: datetime,
) -> BlockedInCase | StepRefused:
    """One authenticator of whom a case is about is blocked at once and for good.

    Rule:   BLK-1, AUT-1, REG-10, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the identity's and the authenticator's.
    Writes: the authenticator, Identity, PendingChange, ActivationCode, AppEnrolment, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = _refusal(case, officer, now=now)
    if refusal is None and case.identity_id is not None:
        is_new = block_authenticator(
            identity_id=case.identity_id,
            kind=kind,
            authenticator_id=authenticator_id,
            reason=reason,
            actor=officer.actor,
            now=now,
        )
        refusal = None if is_new else StepRefusal.NOTHING_TO_BLOCK
    return _outcome(case, officer, "block_authenticator", refusal, now=now)


def _refusal(case: ProofingCase, officer: ActingOfficer, *, now: datetime) -> StepRefusal | None:
    return refusal_to_block(
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        has_identity=case.identity_id is not None,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )


def _outcome(
    case: ProofingCase, officer: ActingOfficer, act: str, refusal: StepRefusal | None, *, now: datetime
) -> BlockedInCase | StepRefused:
    if refusal is None:
        return BlockedInCase()
    events.desk_act_refused(case=case, act=act, reason=refusal.value, actor=officer.actor, now=now)
    return StepRefused(refusal)
