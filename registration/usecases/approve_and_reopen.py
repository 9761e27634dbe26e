"""A blocked identity works again, for a citizen who proved in person that it is theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from identities.api import ContactKind, ProvenContacts, reopen_identity
from registration import events
from registration.models import ProofingCase
from registration.queries import ActingOfficer, block_codes_of
from registration.rules.case import StepRefusal, needs_second_officer, refusal_to_approve
from registration.rules.officers import is_own_identity
from registration.states import CasePurpose, CaseState, OfficerRole
from registration.steps import acting_as, lock_identity, locked_case, move, tell_of_act, was_blocked_since
from registration.usecases.approve_and_issue import Approved
from registration.usecases.results import StepRefused

REPLACED: Final[Mapping[ContactKind, str]] = {
    ContactKind.PHONE: "replaced_phone",
    ContactKind.EMAIL: "replaced_email",
}


@dataclass(frozen=True)
class AwaitsSecond:
    """One clerk approved; another must too."""


@transaction.atomic(durable=True)
def approve_and_reopen(*, officer_id: UUID, case_id: UUID, now: datetime) -> Approved | AwaitsSecond | StepRefused:
    """An examined citizen's identity is open again, or waits for a second officer when fraud was the reason.

    With it the contacts that were proven in the case take the old ones' places.

    Rule:   BLK-2, REG-1, REG-10, SEC-7, CHG-5, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the identity's: a block that comes meanwhile counts; then the proofs'.
    Writes: ProofingCase, Identity, IdentityBlock, ContactPoint, ContactProof, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = refusal_to_approve(
        purpose=CasePurpose(case.purpose),
        wanted=CasePurpose.REOPEN,
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )
    if refusal is not None or case.identity_id is None:
        return refused(case, officer, refusal or StepRefusal.NOT_EXAMINED, now=now)
    lock_identity(case.identity_id)
    has_document = case.evidence.exists()
    codes = block_codes_of(case.identity_id)
    if needs_second_officer(has_document=has_document, has_cpr_number=True, block_codes=codes):
        move(case, CaseState.AWAITING_SECOND_OFFICER)
        case.first_officer_id = officer.id
        case.save(update_fields=["state", "first_officer"])
        events.case_awaits_second(case=case, actor=officer.actor, now=now)
        tell_of_act(identity_id=case.identity_id, act="first_approval", officer=officer, now=now)
        return AwaitsSecond()
    outcome = reopened(case, officer, now=now)
    if isinstance(outcome, Approved):
        events.case_approved(case=case, actor=officer.actor, now=now)
    return outcome


def reopened(case: ProofingCase, officer: ActingOfficer, *, now: datetime) -> Approved | StepRefused:
    """Reopen a locked case's identity with the contacts proven in the case, and approve the case.

    Rule: CHG-5, ALR-2, ALR-6: the old contacts hear it as the new ones do, and none is named.
    """
    identity_id = case.identity_id
    if identity_id and block_codes_of(identity_id) and was_blocked_since(case):
        return refused(case, officer, StepRefusal.BLOCKED_SINCE, now=now)
    outcome = identity_id and reopen_identity(
        identity_id=identity_id, new_contacts=_proven_in(case), actor=officer.actor, now=now
    )
    if not identity_id or not outcome:
        return refused(case, officer, StepRefusal.NOT_BLOCKED, now=now)
    for kind in outcome.replaced:
        tell_of_act(identity_id=identity_id, act=REPLACED[kind], officer=officer, also=outcome.stood_before, now=now)
    case.decided_at = now
    move(case, CaseState.APPROVED)
    case.save(update_fields=["decided_at", "state", "second_officer"])
    return Approved(identity_id)


def _proven_in(case: ProofingCase) -> ProvenContacts:
    proven = case.contacts.filter(proven_at__isnull=False).values_list("kind", "proof_id")
    return ProvenContacts(owner_id=case.id, proofs={ContactKind(kind): proof_id for kind, proof_id in proven})


def refused(case: ProofingCase, officer: ActingOfficer, reason: StepRefusal, *, now: datetime) -> StepRefused:
    """Leave a trace of an approval that was not given."""
    events.approval_refused(case=case, reason=reason.value, actor=officer.actor, now=now)
    return StepRefused(reason)
