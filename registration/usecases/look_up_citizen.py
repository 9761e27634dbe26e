"""The civil register is asked who stands at the desk."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from hsm.api import blind_index, seal
from identities.api import IdentityState, IdentityView, identity_by_cpr_number
from registration import events, sealing
from registration.failures import has_failed_in_cases
from registration.models import ProofingCase
from registration.queries import ActingOfficer
from registration.registers import civil_register
from registration.registers.base import RegisterPerson, person_as_json
from registration.rules.calendar import danish_date
from registration.rules.case import StepRefusal, is_too_old, refusal_of_person
from registration.rules.officers import is_own_identity
from registration.states import CasePurpose, CaseState, OfficerRole, PersonRefusal
from registration.steps import acting_as, locked_case, tell_of_act
from registration.usecases.results import StepRefused


@dataclass(frozen=True)
class LookedUp:
    """The register knows the person, and they may be served."""

    name: str


@dataclass(frozen=True)
class PersonRefused:
    """This person cannot be served in this case."""

    reason: PersonRefusal


def look_up_citizen(
    *, officer_id: UUID, case_id: UUID, cpr_number: str, now: datetime
) -> LookedUp | PersonRefused | StepRefused:
    """A case is about the person whom the civil register has under a CPR number of ten digits.

    The register is asked with no transaction open. A number typed wrong may be put right until a document is on
    record. Whoever has an identity is told that they were looked up, also when they are not served.

    Rule:   REG-2, REG-6, REG-10, BLK-2, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist when the case is not the office's; RegisterUnavailable.
    Locks:  the case's row.
    Writes: ProofingCase, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    ProofingCase.objects.get(pk=case_id, office_id=officer.office_id)
    identity = identity_by_cpr_number(cpr_number)
    is_own = is_own_identity(officer_identity_id=officer.identity_id, identity_id=identity.id if identity else None)
    person = None if is_own else civil_register().look_up(cpr_number)
    return _take_over(officer, case_id, identity=identity, is_own=is_own, person=person, now=now)


@transaction.atomic(durable=True)
def _take_over(
    officer: ActingOfficer,
    case_id: UUID,
    *,
    identity: IdentityView | None,
    is_own: bool,
    person: RegisterPerson | None,
    now: datetime,
) -> LookedUp | PersonRefused | StepRefused:
    case = locked_case(case_id, officer=officer)
    if case.state != CaseState.OPEN:
        return StepRefused(StepRefusal.NOT_OPEN)
    if case.evidence.exists():
        return StepRefused(StepRefusal.DOCUMENT_STANDS)
    if case.looked_up_at is not None and is_too_old(looked_up_at=case.looked_up_at, now=now):
        return StepRefused(StepRefusal.TOO_OLD)
    refusal = _refusal(case, identity=identity, is_own=is_own, person=person, now=now)
    identity_id = identity.id if identity else None
    if refusal is not None or person is None:
        reason = refusal or PersonRefusal.UNKNOWN
        events.case_register_refused(
            case=case, identity_id=identity_id, reason=reason.value, actor=officer.actor, now=now
        )
        if identity_id is not None and not is_own:
            tell_of_act(identity_id=identity_id, act="looked_up", officer=officer, now=now)
        return PersonRefused(reason)
    case.identity_id = identity_id
    case.looked_up_at = now
    case.cpr_number_index = blind_index(person.cpr_number, purpose=sealing.CPR_NUMBER_INDEX)
    case.cpr_number_sealed = seal(person.cpr_number, purpose=sealing.CPR_NUMBER, bound_to=case.id)
    case.person_sealed = seal(person_as_json(person), purpose=sealing.PERSON, bound_to=case.id)
    case.save(update_fields=["identity", "looked_up_at", "cpr_number_index", "cpr_number_sealed", "person_sealed"])
    events.case_looked_up(case=case, actor=officer.actor, now=now)
    if identity_id is not None:
        tell_of_act(identity_id=identity_id, act="looked_up", officer=officer, now=now)
    return LookedUp(name=person.name)


def _refusal(
    case: ProofingCase,
    *,
    identity: IdentityView | None,
    is_own: bool,
    person: RegisterPerson | None,
    now: datetime,
) -> PersonRefusal | None:
    if is_own:
        return PersonRefusal.OWN_IDENTITY
    if person is None:
        return PersonRefusal.UNKNOWN
    if has_failed_in_cases(person.cpr_number, but=case.id, now=now):
        return PersonRefusal.FAILED_LATELY
    return refusal_of_person(
        purpose=CasePurpose(case.purpose),
        status=person.status,
        born_on=person.born_on,
        has_identity=identity is not None,
        is_blocked=identity is not None and identity.state is IdentityState.BLOCKED,
        today=danish_date(now),
    )
