"""A suspended authenticator works again, for a citizen who proved in person that it is theirs."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import AuthenticatorKind, BlockSource, authenticator_of, reopen_authenticator
from registration import events
from registration.models import ProofingCase
from registration.queries import ActingOfficer
from registration.rules.case import StepRefusal, refusal_to_care_for
from registration.rules.officers import is_own_identity
from registration.states import CaseState, OfficerRole
from registration.steps import acting_as, lock_identity, locked_case, was_blocked_since
from registration.usecases.results import StepRefused


@dataclass(frozen=True)
class ReopenedInCase:
    """It works again, and the citizen has been told."""


@transaction.atomic(durable=True)
def reopen_authenticator_in_case(
    *, officer_id: UUID, case_id: UUID, kind: AuthenticatorKind, authenticator_id: UUID, now: datetime
) -> ReopenedInCase | StepRefused:
    """One suspended authenticator of a citizen whose identity was proven works again, whoever suspended it.

    What was suspended for fraud stays so: a new one is handed out instead, which needs nobody's judgement of the old.

    Rule:   BLK-3, REG-1, REG-10, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the identity's and the authenticator's.
    Writes: the authenticator, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = refusal_to_care_for(
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )
    if refusal is None:
        refusal = _reopen(case, officer, kind=kind, authenticator_id=authenticator_id, now=now)
    if refusal is None:
        return ReopenedInCase()
    act = "reopen_authenticator"
    events.desk_act_refused(case=case, act=act, reason=refusal.value, actor=officer.actor, now=now)
    return StepRefused(refusal)


def _reopen(
    case: ProofingCase, officer: ActingOfficer, *, kind: AuthenticatorKind, authenticator_id: UUID, now: datetime
) -> StepRefusal | None:
    if case.identity_id is None:
        return StepRefusal.NOT_SUSPENDED
    lock_identity(case.identity_id)
    if was_blocked_since(case):
        return StepRefusal.BLOCKED_SINCE
    found = authenticator_of(case.identity_id, kind=kind, authenticator_id=authenticator_id)
    if found is not None and found.suspended_by is BlockSource.FRAUD:
        return StepRefusal.SUSPECTED_FRAUD
    is_open = reopen_authenticator(
        identity_id=case.identity_id, kind=kind, authenticator_id=authenticator_id, actor=officer.actor, now=now
    )
    return None if is_open else StepRefusal.NOT_SUSPENDED
