"""A second officer looks at what one alone may not approve."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registration import events
from registration.rules.case import StepRefusal, refusal_to_second
from registration.rules.officers import is_own_identity
from registration.states import CaseState, OfficerRole
from registration.steps import acting_as, lock_identity, locked_case
from registration.usecases.approve_and_issue import Approved
from registration.usecases.approve_and_reopen import refused, reopened
from registration.usecases.results import StepRefused


@transaction.atomic(durable=True)
def second_approve(*, officer_id: UUID, case_id: UUID, now: datetime) -> Approved | StepRefused:
    """An identity that was blocked for fraud is open again, with two officers' names on it.

    Rule:   REG-10, BLK-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the identity's, then the proofs'.
    Writes: ProofingCase, Identity, IdentityBlock, ContactPoint, ContactProof, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = refusal_to_second(
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        first_identity_id=case.first_officer.identity_id if case.first_officer else None,
        second_identity_id=officer.identity_id,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )
    if refusal is not None or case.identity_id is None:
        return refused(case, officer, refusal or StepRefusal.NOT_AWAITING, now=now)
    lock_identity(case.identity_id)
    case.second_officer_id = officer.id
    outcome = reopened(case, officer, now=now)
    if isinstance(outcome, Approved):
        events.case_second_approved(case=case, actor=officer.actor, now=now)
    return outcome
