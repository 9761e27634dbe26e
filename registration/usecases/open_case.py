"""A citizen comes to the desk."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications.api import Language
from registration import events
from registration.models import ProofingCase
from registration.states import CasePurpose, OfficerRole
from registration.steps import acting_as


@transaction.atomic(durable=True)
def open_case(*, officer_id: UUID, purpose: CasePurpose, language: Language, now: datetime) -> UUID:
    """A proofing case is open in the clerk's office.

    ``language`` is the citizen's: in it they are written to from the first code on (ALR-3).

    Rule:    REG-10: the case carries officer and office.
    Returns: the case's id.
    Raises:  MayNotAct.
    Writes:  ProofingCase, AuditEvent.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = ProofingCase.objects.create(
        purpose=purpose,
        language=language.value,
        office_id=officer.office_id,
        officer_id=officer.id,
        opened_at=now,
    )
    events.case_opened(case=case, actor=officer.actor, now=now)
    return case.id
