"""The citizen types the code that went to their first or new phone or e-mail."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import ContactCodeRefused, ContactKind, ContactProven
from identities.api import take_contact_code as take_code
from registration.rules.case import StepRefusal, refusal_to_prove_contact
from registration.rules.officers import is_own_identity
from registration.states import CasePurpose, CaseState, OfficerRole
from registration.steps import acting_as, locked_case
from registration.usecases.results import StepRefused


@transaction.atomic(durable=True)
def take_contact_code(
    *, officer_id: UUID, case_id: UUID, kind: ContactKind, typed: str, now: datetime
) -> ContactProven | ContactCodeRefused | StepRefused:
    """A contact is shown to be the citizen's; in a reopening it changes nothing before the approval.

    Rule:   REG-1, REG-10, CHG-1.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the proof's.
    Writes: CaseContact, ContactProof, AuditEvent.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = refusal_to_prove_contact(
        purpose=CasePurpose(case.purpose),
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )
    if refusal is not None:
        return StepRefused(refusal)
    contact = case.contacts.filter(kind=kind.value).first()
    if contact is None:
        return StepRefused(StepRefusal.NO_CODE)
    taken = take_code(proof_id=contact.proof_id, owner_id=case.id, typed=typed, actor=officer.actor, now=now)
    if isinstance(taken, ContactProven):
        contact.proven_at = now
        contact.save(update_fields=["proven_at"])
    return taken
