"""Offices with officers and stock, and proofing cases at every step, made by the use cases that clerks use."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.test import Client

from authentication.outcomes import LoggedIn
from authentication.pages import LOGIN_KEYS
from authentication.states import Door, Purpose
from authentication.usecases.give_code import give_code
from authentication.usecases.give_password import give_password
from authentication.usecases.open_request import open_request
from identities.api import CodeSent, ContactKind, ContactProven, Person
from notifications.api import Language
from registration.api import (
    OfficerRole,
    OrganisationKind,
    PersonStatus,
    RegisterPerson,
    create_office,
    create_officer,
    create_organisation,
    fixture_passport_of,
    fixture_people,
    put_into_stock,
)
from registration.models import ControlQuestion, SupportCall
from registration.rules.evidence import Level
from registration.states import CasePurpose, FoundBy, LookReason, StockKind, Verdict
from registration.usecases.answer_question import Answered, answer_question
from registration.usecases.approve_and_issue import Approved, approve_and_issue
from registration.usecases.approve_authenticator import approve_authenticator
from registration.usecases.ask_questions import Asked, ask_questions
from registration.usecases.find_citizen import Found, find_citizen
from registration.usecases.hand_out_device import hand_out_device
from registration.usecases.look_up_citizen import LookedUp, look_up_citizen
from registration.usecases.open_case import open_case
from registration.usecases.record_passport import PassportRecorded, record_passport
from registration.usecases.results import Sheet
from registration.usecases.send_contact_code import send_contact_code
from registration.usecases.take_contact_code import take_contact_code
from tests.factories.identities import Resident, a_resident, code_sent_to

_numbers = itertools.count(1)


@dataclass(frozen=True)
class OfficeAtWork:
    """An office."""

    id: UUID
    organisation_id: UUID


@dataclass(frozen=True)
class OfficerAtWork:
    """An officer: their right, their office, and the resident that they are."""

    id: UUID
    office: OfficeAtWork
    who: Resident


def an_office(*, now: datetime) -> OfficeAtWork:
    """Set up an organisation with one office."""
    number = next(_numbers)
    organisation_id = create_organisation(
        name=f"Skovby Kommune {number}",
        kind=OrganisationKind.MUNICIPALITY,
        complaints_to="Skovby Kommune, Torvet 1, 9999 Skovby",
        agreement_until=(now + timedelta(days=364)).date(),
        now=now,
    )
    office_id = create_office(organisation_id=organisation_id, name="Borgerservice", now=now)
    return OfficeAtWork(id=office_id, organisation_id=organisation_id)


def an_officer_of(
    office: OfficeAtWork,
    *,
    now: datetime,
    role: OfficerRole = OfficerRole.CLERK,
    person: Person | None = None,
    days: int = 364,
) -> OfficerAtWork:
    """Appoint a resident."""
    who = a_resident(now=now, person=person)
    officer_id = create_officer(
        identity_id=who.identity_id,
        role=role,
        office_id=office.id,
        valid_until=(now + timedelta(days=days)).date(),
        now=now,
    )
    return OfficerAtWork(id=officer_id, office=office, who=who)


def a_clerk(*, now: datetime) -> OfficerAtWork:
    """Appoint a clerk in an office of their own."""
    return an_officer_of(an_office(now=now), now=now)


def a_support_agent(*, now: datetime) -> OfficerAtWork:
    """Appoint a support agent in an office of their own."""
    return an_officer_of(an_office(now=now), now=now, role=OfficerRole.SUPPORT)


def a_stocked_display(office: OfficeAtWork, *, now: datetime, kind: StockKind = StockKind.CODE_DISPLAY) -> str:
    """Put a code device into an office's stock, and give its serial number."""
    number = next(_numbers)
    serial = f"KV-S-{number:05}"
    put_into_stock(office_id=office.id, serial=serial, seed=number.to_bytes(20, "big"), kind=kind, now=now)
    return serial


def plain_people(*, today_year: int = 2026) -> list[RegisterPerson]:
    """List the grown-ups of the fixture register who can get an identity with their passport."""
    return [
        person
        for person in fixture_people()
        if person.status is PersonStatus.ALIVE
        and not person.is_name_protected
        and today_year - person.born_on.year > 18
        and (passport := fixture_passport_of(person.cpr_number)) is not None
        and not passport.is_reported
        and passport.expires_on.year > today_year + 1
    ]


def an_open_case(
    clerk: OfficerAtWork, *, now: datetime, purpose: CasePurpose = CasePurpose.ISSUE, language: Language = Language.DA
) -> UUID:
    """Open a case."""
    return open_case(officer_id=clerk.id, purpose=purpose, language=language, now=now)


def a_case_about(
    clerk: OfficerAtWork, person: RegisterPerson, *, now: datetime, purpose: CasePurpose = CasePurpose.ISSUE
) -> UUID:
    """Open a case and look the person up."""
    case_id = an_open_case(clerk, now=now, purpose=purpose)
    outcome = look_up_citizen(officer_id=clerk.id, case_id=case_id, cpr_number=person.cpr_number, now=now)
    assert isinstance(outcome, LookedUp), outcome
    return case_id


def record_the_passport(clerk: OfficerAtWork, case_id: UUID, person: RegisterPerson, *, now: datetime) -> None:
    """Record the person's passport in the case."""
    passport = fixture_passport_of(person.cpr_number)
    assert passport is not None
    outcome = record_passport(
        officer_id=clerk.id,
        case_id=case_id,
        line_1=passport.line_1,
        line_2=passport.line_2,
        is_photo_compared=True,
        now=now,
    )
    assert outcome == PassportRecorded(Level.HIGH), outcome


def answer_all(clerk: OfficerAtWork, case_id: UUID, *answers: bool, now: datetime) -> list[Verdict]:
    """Ask the control questions and give these answers."""
    outcome = ask_questions(officer_id=clerk.id, case_id=case_id, now=now)
    assert outcome == Asked(3), outcome
    verdicts = []
    for place, was_right in enumerate(answers, start=1):
        question = ControlQuestion.objects.get(case_id=case_id, place=place)
        answered = answer_question(
            officer_id=clerk.id, case_id=case_id, question_id=question.id, was_right=was_right, now=now
        )
        assert isinstance(answered, Answered), answered
        verdicts.append(answered.verdict)
    return verdicts


def an_examined_case(
    clerk: OfficerAtWork, person: RegisterPerson, *, now: datetime, purpose: CasePurpose = CasePurpose.ISSUE
) -> UUID:
    """Prove a person's identity in a case."""
    case_id = a_case_about(clerk, person, now=now, purpose=purpose)
    record_the_passport(clerk, case_id, person, now=now)
    answer_all(clerk, case_id, True, True, True, now=now)
    return case_id


def prove_contacts(clerk: OfficerAtWork, case_id: UUID, *, now: datetime) -> tuple[str, str]:
    """Prove a first phone and e-mail in a case, and give them."""
    number = next(_numbers)
    values = {ContactKind.PHONE: f"+4530{number:06}", ContactKind.EMAIL: f"ny.borger{number}@example.dk"}
    for kind, value in values.items():
        sent = send_contact_code(
            officer_id=clerk.id, case_id=case_id, kind=kind, value=value, lasts_for=timedelta(minutes=15), now=now
        )
        assert isinstance(sent, CodeSent), sent
        code = code_sent_to(owner_id=case_id, kind=kind)
        taken = take_contact_code(officer_id=clerk.id, case_id=case_id, kind=kind, typed=code, now=now)
        assert isinstance(taken, ContactProven), taken
    return values[ContactKind.PHONE], values[ContactKind.EMAIL]


def a_ready_case(clerk: OfficerAtWork, person: RegisterPerson, *, now: datetime) -> UUID:
    """Bring a case to where the identity can be issued."""
    case_id = an_examined_case(clerk, person, now=now)
    prove_contacts(clerk, case_id, now=now)
    return case_id


def an_approved_case(clerk: OfficerAtWork, person: RegisterPerson, *, now: datetime) -> tuple[UUID, UUID]:
    """Issue an identity in a case: the case's id and the identity's."""
    case_id = a_ready_case(clerk, person, now=now)
    user_id = f"skovsti nr {next(_numbers)}"
    outcome = approve_and_issue(officer_id=clerk.id, case_id=case_id, user_id=user_id, now=now)
    assert isinstance(outcome, Approved), outcome
    return case_id, outcome.identity_id


def a_visiting_case(clerk: OfficerAtWork, person: RegisterPerson, *, now: datetime) -> UUID:
    """Prove somebody who has an identity, so that something can be handed out to them."""
    case_id = an_examined_case(clerk, person, now=now, purpose=CasePurpose.NEW_AUTHENTICATOR)
    outcome = approve_authenticator(officer_id=clerk.id, case_id=case_id, now=now)
    assert isinstance(outcome, Approved), outcome
    return case_id


def a_handed_out_display(clerk: OfficerAtWork, case_id: UUID, *, now: datetime) -> Sheet:
    """Hand a display of the office's stock out in a case."""
    serial = a_stocked_display(clerk.office, now=now)
    outcome = hand_out_device(officer_id=clerk.id, case_id=case_id, serial=serial, now=now)
    assert isinstance(outcome, Sheet), outcome
    return outcome


def a_call_about(agent: OfficerAtWork, cpr_number: str, *, now: datetime) -> UUID:
    """Find a citizen for a caller."""
    outcome = find_citizen(
        officer_id=agent.id,
        found_by=FoundBy.CPR_NUMBER,
        text=cpr_number,
        reason=LookReason.LOST_DEVICE,
        now=now,
    )
    assert isinstance(outcome, Found), outcome
    return outcome.call_id


def logged_in(who: Resident, *, now: datetime) -> Client:
    """Give a browser in which a resident has logged in to the backoffice."""
    request_id = open_request(purpose=Purpose.BACKOFFICE_LOGIN, user_id=who.user_id, source="desk", now=now).id
    give_code(source="desk", request_id=request_id, code=who.device.code(now), now=now)
    outcome = give_password(request_id=request_id, password=who.password, now=now)
    assert isinstance(outcome, LoggedIn), outcome
    client = Client()
    session = client.session
    session[LOGIN_KEYS[Door.BACKOFFICE]] = str(outcome.login_id)
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""
    return client


def identified(call_id: UUID, *, now: datetime) -> None:
    """Let a call be one whose caller proved who they are."""
    SupportCall.objects.filter(pk=call_id).update(number_right_at=now, identified_at=now)
