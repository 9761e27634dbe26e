"""A proven citizen who has an identity may be handed out something more."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import IdentityState, identity_by_id
from registration import events
from registration.rules.case import StepRefusal, refusal_to_approve
from registration.rules.officers import is_own_identity
from registration.states import CasePurpose, CaseState, OfficerRole
from registration.steps import acting_as, lock_identity, locked_case, move, tell_of_act, was_blocked_since
from registration.usecases.approve_and_issue import Approved
from registration.usecases.approve_and_reopen import refused
from registration.usecases.results import StepRefused


@transaction.atomic(durable=True)
def approve_authenticator(*, officer_id: UUID, case_id: UUID, now: datetime) -> Approved | StepRefused:
    """An examined citizen may take a code device or a code on paper home; they are told that their identity was proven.

    Rule:   REG-1, REG-10, BLK-2, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the identity's: a block that comes meanwhile counts.
    Writes: ProofingCase, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = refusal_to_approve(
        purpose=CasePurpose(case.purpose),
        wanted=CasePurpose.NEW_AUTHENTICATOR,
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )
    if refusal is not None or case.identity_id is None:
        return refused(case, officer, refusal or StepRefusal.NOT_EXAMINED, now=now)
    lock_identity(case.identity_id)
    identity = identity_by_id(case.identity_id)
    if identity is None or identity.state is IdentityState.BLOCKED:  # BLK-2: reopened first, in a case for that
        return refused(case, officer, StepRefusal.IS_BLOCKED, now=now)
    if was_blocked_since(case):
        return refused(case, officer, StepRefusal.BLOCKED_SINCE, now=now)
    case.decided_at = now
    move(case, CaseState.APPROVED)
    case.save(update_fields=["decided_at", "state"])
    events.case_approved(case=case, actor=officer.actor, now=now)
    tell_of_act(identity_id=case.identity_id, act="proved_identity", officer=officer, now=now)
    return Approved(case.identity_id)
