"""A passport is read from its machine-readable zone and held against the registers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from hsm.api import blind_index
from registration import events, sealing
from registration.models import Evidence, ProofingCase
from registration.queries import ActingOfficer, person_in
from registration.registers import document_register
from registration.registers.base import RegisterPerson
from registration.rules.calendar import danish_date
from registration.rules.case import StepRefusal, refusal_to_examine
from registration.rules.evidence import Level, Paper, level_of, refusal_of_document
from registration.rules.mrz import NotRead, Passport, names_agree, read_passport
from registration.states import CaseState, EvidenceCheck, EvidenceKind, OfficerRole
from registration.steps import acting_as, locked_case
from registration.usecases.results import StepRefused

DANISH = "DNK"  # Greenland and the Faroe Islands issue under the same code


class PassportRefusal(StrEnum):
    """Why a passport that could be read does not count."""

    TEMPORARY = "temporary"
    EXPIRED = "expired"
    REPORTED = "reported"
    NAME_DIFFERS = "name_differs"
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    CPR_NUMBER_DIFFERS = "cpr_number_differs"
    NEEDS_SECOND_PAPER = "needs_second_paper"


@dataclass(frozen=True)
class PassportRecorded:
    """The passport is on record; the level is what it can carry the identity to."""

    level: Level


@dataclass(frozen=True)
class PassportRefused:
    """The passport does not count."""

    reason: PassportRefusal


def record_passport(
    *, officer_id: UUID, case_id: UUID, line_1: str, line_2: str, is_photo_compared: bool, now: datetime
) -> PassportRecorded | PassportRefused | NotRead | StepRefused:
    """A passport is evidence in a case: unexpired, not reported, and the register's person's.

    The document register is asked last, with no transaction open.

    Rule:   REG-3, REG-4, REG-5, REG-8.
    Raises: MayNotAct; ProofingCase.DoesNotExist; RegisterUnavailable.
    Locks:  the case's row.
    Writes: Evidence, ProofingCase, AuditEvent.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = ProofingCase.objects.get(pk=case_id, office_id=officer.office_id)
    person = person_in(case)
    step_refusal = refusal_to_examine(state=CaseState(case.state), is_looked_up=person is not None)
    if step_refusal is not None or person is None:
        return StepRefused(step_refusal or StepRefusal.NOT_LOOKED_UP)
    passport = read_passport(line_1, line_2)
    if isinstance(passport, NotRead):
        _note_refusal(officer, case_id, passport.fault.value, now=now)
        return passport
    paper = _paper(passport, is_photo_compared=is_photo_compared)
    refusal = _refusal(passport, person, paper, now=now)
    if refusal is not None:
        _note_refusal(officer, case_id, refusal.value, now=now)
        return PassportRefused(refusal)
    return _record(officer, case_id, passport, paper, looked_up_at=case.looked_up_at, now=now)


def _refusal(passport: Passport, person: RegisterPerson, paper: Paper, *, now: datetime) -> PassportRefusal | None:
    if not names_agree(passport, given_names=person.given_names, surname=person.surname):
        return PassportRefusal.NAME_DIFFERS
    if passport.birth_digits != person.born_on.strftime("%y%m%d"):
        return PassportRefusal.BIRTH_DATE_DIFFERS
    if paper.kind is EvidenceKind.PASSPORT_WITH_CPR and passport.personal_number != person.cpr_number:
        return PassportRefusal.CPR_NUMBER_DIFFERS

    def refusal_when(*, is_reported: bool) -> PassportRefusal | None:
        refusal = refusal_of_document(
            expires_on=passport.expires_on,
            is_temporary=passport.is_emergency,
            is_reported=is_reported,
            today=danish_date(now),
        )
        return PassportRefusal(refusal.value) if refusal else None

    refusal = refusal_when(is_reported=False)
    if refusal is None:
        is_reported = document_register().is_reported(issuer=passport.issuer, number=passport.number)
        refusal = refusal_when(is_reported=is_reported)
    if refusal is None and level_of([paper]) is None:
        return PassportRefusal.NEEDS_SECOND_PAPER
    return refusal


def _paper(passport: Passport, *, is_photo_compared: bool) -> Paper:
    checks = {
        EvidenceCheck.CHECK_DIGITS,
        EvidenceCheck.UNEXPIRED,
        EvidenceCheck.NOT_REPORTED,
        EvidenceCheck.NAME_AGREES,
        EvidenceCheck.BIRTH_DATE_AGREES,
    }
    if is_photo_compared:
        checks.add(EvidenceCheck.PHOTO_COMPARED)
    if passport.issuer != DANISH:
        return Paper(EvidenceKind.FOREIGN_PASSPORT, frozenset(checks))
    if not passport.personal_number:
        return Paper(EvidenceKind.PASSPORT_WITHOUT_CPR, frozenset(checks))
    return Paper(EvidenceKind.PASSPORT_WITH_CPR, frozenset(checks | {EvidenceCheck.CPR_NUMBER_AGREES}))


@transaction.atomic(durable=True)
def _record(
    officer: ActingOfficer,
    case_id: UUID,
    passport: Passport,
    paper: Paper,
    *,
    looked_up_at: datetime | None,
    now: datetime,
) -> PassportRecorded | StepRefused:
    case = locked_case(case_id, officer=officer)
    # The person may have been looked up anew while the register was asked: the passport was held against another.
    is_looked_up = case.looked_up_at is not None and case.looked_up_at == looked_up_at
    step_refusal = refusal_to_examine(state=CaseState(case.state), is_looked_up=is_looked_up)
    if step_refusal is None and case.evidence.exists():
        step_refusal = StepRefusal.DOCUMENT_STANDS
    level = level_of([paper])
    if step_refusal is not None or level is None:
        return StepRefused(step_refusal or StepRefusal.NO_DOCUMENT)
    Evidence.objects.create(
        case=case,
        kind=paper.kind,
        issuer=passport.issuer,
        number_index=blind_index(passport.number, purpose=sealing.DOCUMENT_NUMBER),
        expires_on=passport.expires_on,
        checks=sorted(check.value for check in paper.checks),
        officer_id=officer.id,
        recorded_on=danish_date(now),
        recorded_at=now,
    )
    events.evidence_recorded(case=case, kind=paper.kind, level=level.value, actor=officer.actor, now=now)
    return PassportRecorded(level)


@transaction.atomic(durable=True)
def _note_refusal(officer: ActingOfficer, case_id: UUID, reason: str, *, now: datetime) -> None:
    case = locked_case(case_id, officer=officer)
    events.evidence_refused(case=case, reason=reason, actor=officer.actor, now=now)
