"""A code goes to the citizen's first or new phone or e-mail, at the desk."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from identities.api import CodeSent, ContactKind, TooManyCodes
from identities.api import send_contact_code as send_code
from notifications.api import Language
from registration.models import CaseContact
from registration.rules.case import refusal_to_prove_contact
from registration.rules.officers import is_own_identity
from registration.states import CasePurpose, CaseState, OfficerRole
from registration.steps import acting_as, locked_case
from registration.usecases.results import StepRefused


@transaction.atomic(durable=True)
def send_contact_code(
    *, officer_id: UUID, case_id: UUID, kind: ContactKind, value: str, lasts_for: timedelta, now: datetime
) -> CodeSent | TooManyCodes | StepRefused:
    """A code is on its way to a contact that the citizen named; an earlier one of the kind counts no more.

    ``value`` is normal (``notifications.api.normal_phone``, ``normal_email``).

    Rule:   REG-1, REG-10, CHG-1.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row.
    Writes: CaseContact, ContactProof, Delivery, AuditEvent.
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
    sent = send_code(
        owner_id=case.id,
        kind=kind,
        value=value,
        language=Language(case.language),
        lasts_for=lasts_for,
        actor=officer.actor,
        now=now,
    )
    if isinstance(sent, CodeSent):
        CaseContact.objects.update_or_create(
            case=case,
            kind=kind.value,
            defaults={"proof_id": sent.proof_id, "sent_at": now, "proven_at": None},
        )
    return sent
