"""A proven person gets an identity."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import (
    AlreadyIssued,
    AssuranceLevel,
    ContactKind,
    ContactNotProven,
    Issued,
    Person,
    UserIdRefused,
    issue_identity,
)
from notifications.api import Language
from registration import events
from registration.models import ProofingCase
from registration.queries import ActingOfficer, person_in
from registration.registers.base import RegisterPerson
from registration.rules.case import StepRefusal, refusal_to_approve
from registration.rules.officers import is_own_identity
from registration.states import CasePurpose, CaseState, OfficerRole
from registration.steps import acting_as, locked_case, move
from registration.usecases.results import StepRefused


@dataclass(frozen=True)
class Approved:
    """The identity exists, or is open again."""

    identity_id: UUID


@transaction.atomic(durable=True)
def approve_and_issue(
    *, officer_id: UUID, case_id: UUID, user_id: str, now: datetime
) -> Approved | StepRefused | UserIdRefused | AlreadyIssued | ContactNotProven:
    """An examined person has an identity, with the user ID they chose and their first contacts.

    Two clerks who issue to the same person at once are settled by the citizen's row: one is told AlreadyIssued.

    Rule:   REG-1, REG-10, UID-1 to UID-5, ALR-1.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the citizen's.
    Writes: ProofingCase, Citizen, Identity, UsedUserId, ContactPoint, ContactProof, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    person = person_in(case)
    refusal = refusal_to_approve(
        purpose=CasePurpose(case.purpose),
        wanted=CasePurpose.ISSUE,
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )
    if refusal is not None or person is None or case.level_reached is None:
        reason = refusal or StepRefusal.NOT_EXAMINED
        events.approval_refused(case=case, reason=reason.value, actor=officer.actor, now=now)
        return StepRefused(reason)
    level = AssuranceLevel(case.level_reached)
    outcome = _issue(case, officer, person=person, user_id=user_id, level=level, now=now)
    if not isinstance(outcome, Issued):
        events.approval_refused(case=case, reason=_code_of(outcome), actor=officer.actor, now=now)
        return outcome
    case.identity_id, case.decided_at = outcome.identity_id, now
    move(case, CaseState.APPROVED)
    case.save(update_fields=["identity", "decided_at", "state"])
    events.case_approved(case=case, actor=officer.actor, now=now)
    return Approved(outcome.identity_id)


def _issue(
    case: ProofingCase,
    officer: ActingOfficer,
    *,
    person: RegisterPerson,
    user_id: str,
    level: AssuranceLevel,
    now: datetime,
) -> Issued | UserIdRefused | AlreadyIssued | ContactNotProven:
    is_protected = person.is_name_protected or person.is_address_protected
    proven = case.contacts.filter(proven_at__isnull=False)
    return issue_identity(
        owner_id=case.id,
        person=Person(
            name=person.name,
            cpr_number=person.cpr_number,
            born_on=person.born_on,
            address=None if is_protected else person.address,
            is_name_protected=person.is_name_protected,
        ),
        user_id=user_id,
        level=level,
        language=Language(case.language),
        proofs={ContactKind(kind): proof_id for kind, proof_id in proven.values_list("kind", "proof_id")},
        actor=officer.actor,
        now=now,
    )


def _code_of(outcome: UserIdRefused | AlreadyIssued | ContactNotProven) -> str:
    match outcome:
        case UserIdRefused(reason=reason):
            return f"user_id_{reason.value}"
        case AlreadyIssued():
            return "already_issued"
        case ContactNotProven(kind=kind):
            return f"{kind.value}_not_proven"
