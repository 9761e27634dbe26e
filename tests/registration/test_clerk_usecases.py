"""The clerks' acts up to a proven identity: result, rows, events, deliveries."""

from datetime import timedelta

import pytest

from audit.api import EventKind
from identities.api import (
    AssuranceLevel,
    CodeRefusal,
    ContactCodeRefused,
    ContactKind,
    ContactNotProven,
    Person,
    TooManyCodes,
)
from notifications.api import Language, MessageKind
from registration.models import CaseContact, ControlQuestion, Evidence, ProofingCase
from registration.registers.fixture import fixture_passport_of, fixture_people
from registration.rules.case import StepRefusal
from registration.rules.evidence import Level
from registration.rules.mrz import MrzFault, NotRead, write_passport
from registration.states import (
    CasePurpose,
    CaseState,
    OfficerRole,
    PersonRefusal,
    PersonStatus,
    Verdict,
)
from registration.steps import MayNotAct
from registration.usecases.approve_and_issue import approve_and_issue
from registration.usecases.ask_questions import ask_questions
from registration.usecases.look_up_citizen import LookedUp, PersonRefused
from registration.usecases.open_case import open_case
from registration.usecases.record_passport import (
    PassportRecorded,
    PassportRefusal,
    PassportRefused,
)
from registration.usecases.results import StepRefused
from registration.usecases.send_contact_code import send_contact_code
from registration.usecases.take_contact_code import take_contact_code
from tests.factories.registration import (
    a_case_about,
    a_clerk,
    a_ready_case,
    an_examined_case,
    an_office,
    an_officer_of,
    an_open_case,
    answer_all,
    plain_people,
    prove_contacts,
    record_the_passport,
)
from tests.registration.clerks import alerts, block, events, identity_of, look_up, passport, person_with

pytestmark = pytest.mark.django_db
LASTS = timedelta(minutes=15)


# --- opening and looking up ---


def test_reg_10_a_case_carries_officer_office_and_organisation(clerk, now):
    """REG-10."""
    case = ProofingCase.objects.get(pk=an_open_case(clerk, now=now))
    assert (case.state, case.officer_id, case.office_id) == (CaseState.OPEN, clerk.id, clerk.office.id)
    (event,) = events(EventKind.CASE_OPENED)
    assert (event.actor_id, event.office_id, event.organisation_id, event.subject_id) == (
        clerk.id, clerk.office.id, clerk.office.organisation_id, case.id,
    )  # fmt: skip


def test_reg_11_who_has_no_right_today_opens_nothing(clerk, now):
    """REG-11."""
    agent = an_officer_of(clerk.office, now=now, role=OfficerRole.SUPPORT)
    for officer, at in ((agent, now), (clerk, now + timedelta(days=366))):
        with pytest.raises(MayNotAct):
            open_case(officer_id=officer.id, purpose=CasePurpose.ISSUE, language=Language.DA, now=at)
    assert not ProofingCase.objects.exists()


def test_reg_2_the_register_says_who_it_is(clerk, person, now):
    """REG-2: what it said is sealed."""
    case_id = an_open_case(clerk, now=now)
    assert look_up(clerk, case_id, person.cpr_number, now) == LookedUp(person.name)
    case = ProofingCase.objects.get()
    assert person.cpr_number.encode() not in bytes(case.cpr_number_sealed) + bytes(case.person_sealed)
    assert case.looked_up_at == now
    assert len(events(EventKind.CASE_LOOKED_UP)) == 1


@pytest.mark.parametrize(
    ("traits", "reason"),
    [
        ({"status": PersonStatus.DEAD}, PersonRefusal.DEAD),
        ({"status": PersonStatus.DISAPPEARED}, PersonRefusal.DISAPPEARED),
    ],
)
def test_reg_2_who_is_gone_is_refused(clerk, now, traits, reason):
    """REG-2."""
    case_id = an_open_case(clerk, now=now)
    assert look_up(clerk, case_id, person_with(**traits).cpr_number, now) == PersonRefused(reason)
    assert ProofingCase.objects.get().person_sealed is None
    assert events(EventKind.CASE_REGISTER_REFUSED)[0].facts["reason"] == reason.value


def test_reg_2_children_and_strangers_are_refused(clerk, now):
    """REG-2."""
    child = next(one for one in fixture_people() if one.born_on.year >= 2018)
    case_id = an_open_case(clerk, now=now)
    assert look_up(clerk, case_id, child.cpr_number, now) == PersonRefused(PersonRefusal.TOO_YOUNG)
    assert look_up(clerk, case_id, "0101010101", now) == PersonRefused(PersonRefusal.UNKNOWN)


def test_reg_10_no_clerk_serves_themselves(now, person):
    """REG-10: the register is not even asked."""
    own = Person(
        name=person.name, cpr_number=person.cpr_number, born_on=person.born_on, address=None, is_name_protected=False
    )
    clerk = an_officer_of(an_office(now=now), now=now, person=own)
    case_id = an_open_case(clerk, now=now)
    assert look_up(clerk, case_id, person.cpr_number, now) == PersonRefused(PersonRefusal.OWN_IDENTITY)
    assert alerts(clerk.who.identity_id, MessageKind.OFFICER_ACTED) == []


def test_alr_2_who_has_an_identity_gets_no_second_and_is_told(clerk, person, now):
    """ALR-2."""
    identity_id = identity_of(person, now=now)
    case_id = an_open_case(clerk, now=now)
    assert look_up(clerk, case_id, person.cpr_number, now) == PersonRefused(PersonRefusal.HAS_IDENTITY)
    assert events(EventKind.CASE_REGISTER_REFUSED)[0].subject_id == identity_id
    assert len(alerts(identity_id, MessageKind.OFFICER_ACTED)) == 2


def test_alr_2_who_is_looked_up_for_reopening_is_told(clerk, person, now):
    """ALR-2: also when they are not served."""
    identity_id = identity_of(person, now=now)
    case_id = an_open_case(clerk, now=now, purpose=CasePurpose.REOPEN)
    assert look_up(clerk, case_id, person.cpr_number, now) == PersonRefused(PersonRefusal.NOT_BLOCKED)
    assert len(alerts(identity_id, MessageKind.OFFICER_ACTED)) == 2
    block(identity_id, now=now)
    assert look_up(clerk, case_id, person.cpr_number, now) == LookedUp(person.name)
    assert len(alerts(identity_id, MessageKind.OFFICER_ACTED)) == 4
    assert ProofingCase.objects.get().identity_id == identity_id


def test_a_number_typed_wrong_is_put_right_until_a_document_stands(clerk, now):
    wrong, right = plain_people()[:2]
    case_id = a_case_about(clerk, wrong, now=now)
    assert look_up(clerk, case_id, right.cpr_number, now) == LookedUp(right.name)
    record_the_passport(clerk, case_id, right, now=now)
    assert look_up(clerk, case_id, wrong.cpr_number, now) == StepRefused(StepRefusal.DOCUMENT_STANDS)


def test_another_offices_case_is_not_there(clerk, person, now):
    case_id = an_open_case(a_clerk(now=now), now=now)
    with pytest.raises(ProofingCase.DoesNotExist):
        look_up(clerk, case_id, person.cpr_number, now)


# --- passport ---


def test_reg_8_a_passport_is_kept_as_a_keyed_hash(clerk, person, now):
    """REG-5, REG-8."""
    case_id = a_case_about(clerk, person, now=now)
    record_the_passport(clerk, case_id, person, now=now)
    evidence = Evidence.objects.get()
    assert fixture_passport_of(person.cpr_number).number.encode() not in bytes(evidence.number_index)
    assert evidence.issuer == "DNK"
    assert "photo_compared" in evidence.checks
    assert events(EventKind.EVIDENCE_RECORDED)[0].facts["level"] == "HIGH"
    line_1, line_2 = lines_of(person)
    assert passport(clerk, case_id, line_1, line_2, now) == StepRefused(StepRefusal.DOCUMENT_STANDS)


def test_reg_5_without_a_look_at_the_photo_it_is_not_high(clerk, person, now):
    """REG-5."""
    case_id = a_case_about(clerk, person, now=now)
    assert passport(clerk, case_id, *lines_of(person), now, photo=False) == PassportRecorded(Level.SUBSTANTIAL)


def lines_of(person, **changes):
    facts = {
        "issuer": "DNK", "surname": person.surname, "given_names": person.given_names, "number": "XX7654321",
        "born_on": person.born_on, "sex": "F", "expires_on": person.born_on.replace(year=2034, day=1),
        "personal_number": person.cpr_number,
    } | changes  # fmt: skip
    return write_passport(**facts)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"surname": "Fremmed"}, PassportRefusal.NAME_DIFFERS),
        ({"given_names": "En Anden"}, PassportRefusal.NAME_DIFFERS),
        ({"personal_number": "0101804000"}, PassportRefusal.CPR_NUMBER_DIFFERS),
        ({"personal_number": ""}, PassportRefusal.NEEDS_SECOND_PAPER),
        ({"issuer": "SWE"}, PassportRefusal.NEEDS_SECOND_PAPER),
    ],
)
def test_reg_3_5_a_passport_that_is_not_this_persons_is_refused(clerk, person, now, changes, reason):
    """REG-3, REG-5."""
    case_id = a_case_about(clerk, person, now=now)
    assert passport(clerk, case_id, *lines_of(person, **changes), now) == PassportRefused(reason)
    assert not Evidence.objects.exists()
    assert events(EventKind.EVIDENCE_REFUSED)[0].facts["reason"] == reason.value


def test_reg_3_the_birth_date_is_held_against_the_register(clerk, person, now):
    """REG-3."""
    case_id = a_case_about(clerk, person, now=now)
    other = lines_of(person, born_on=person.born_on + timedelta(days=1))
    assert passport(clerk, case_id, *other, now) == PassportRefused(PassportRefusal.BIRTH_DATE_DIFFERS)


def test_reg_4_expired_emergency_and_stolen_passports_are_refused(clerk, now):
    """REG-4."""
    expired = next(one for one in people_with_passport() if fixture_passport_of(one.cpr_number).expires_on < now.date())
    stolen = next(one for one in people_with_passport() if fixture_passport_of(one.cpr_number).is_reported)
    for one, reason in ((expired, PassportRefusal.EXPIRED), (stolen, PassportRefusal.REPORTED)):
        case_id = a_case_about(clerk, one, now=now)
        document = fixture_passport_of(one.cpr_number)
        assert passport(clerk, case_id, document.line_1, document.line_2, now) == PassportRefused(reason)
    plain = plain_people()[0]
    line_1, line_2 = lines_of(plain)
    case_id = a_case_about(clerk, plain, now=now)
    emergency = passport(clerk, case_id, "PE" + line_1[2:], line_2, now)
    assert emergency == PassportRefused(PassportRefusal.TEMPORARY)


def people_with_passport():
    return [
        one
        for one in fixture_people()
        if fixture_passport_of(one.cpr_number) and one.status is PersonStatus.ALIVE and one.born_on.year < 2010
    ]


def test_a_mistyped_line_is_named_and_leaves_a_trace(clerk, person, now):
    case_id = a_case_about(clerk, person, now=now)
    line_1, line_2 = lines_of(person)
    assert passport(clerk, case_id, line_1, line_2[:-1], now) == NotRead(2, MrzFault.LENGTH)
    assert events(EventKind.EVIDENCE_REFUSED)[0].facts["reason"] == "length"


def test_reg_2_the_register_comes_before_the_document(clerk, person, now):
    """REG-2."""
    case_id = an_open_case(clerk, now=now)
    assert passport(clerk, case_id, *lines_of(person), now) == StepRefused(StepRefusal.NOT_LOOKED_UP)


# --- control questions ---


def test_reg_3_the_document_comes_before_the_questions(clerk, person, now):
    """REG-3."""
    case_id = a_case_about(clerk, person, now=now)
    outcome = ask_questions(officer_id=clerk.id, case_id=case_id, now=now)
    assert outcome == StepRefused(StepRefusal.NO_DOCUMENT)


@pytest.mark.parametrize(
    ("answers", "verdict", "state"),
    [
        ((True, True, True), Verdict.PASSED, CaseState.EXAMINED),
        ((False, True, True), Verdict.PASSED, CaseState.EXAMINED),
        ((False, True, False, True), Verdict.PASSED, CaseState.EXAMINED),
        ((False, True, False, False), Verdict.FAILED, CaseState.OPEN),
        ((False, False, False), Verdict.FAILED, CaseState.OPEN),
    ],
)
def test_reg_6_a_round_of_questions(clerk, person, now, answers, verdict, state):
    """REG-6."""
    case_id = a_case_about(clerk, person, now=now)
    record_the_passport(clerk, case_id, person, now=now)
    assert answer_all(clerk, case_id, *answers, now=now)[-1] is verdict
    case = ProofingCase.objects.get()
    assert case.state == state
    assert case.level_reached == (AssuranceLevel.HIGH if state == CaseState.EXAMINED else None)
    assert len(set(ControlQuestion.objects.values_list("topic", flat=True))) == len(answers)
    assert len(events(EventKind.QUESTION_ANSWERED)) == len(answers)
    again = ask_questions(officer_id=clerk.id, case_id=case_id, now=now)
    assert isinstance(again, StepRefused)


def test_the_expected_answer_is_sealed_to_its_question(clerk, person, now):
    case_id = a_case_about(clerk, person, now=now)
    record_the_passport(clerk, case_id, person, now=now)
    ask_questions(officer_id=clerk.id, case_id=case_id, now=now)
    for question in ControlQuestion.objects.all():
        assert person.facts[question.topic].encode() not in bytes(question.expected_sealed)


# --- contacts and issue ---


def test_chg_1_a_first_contact_is_proven_by_its_code(clerk, person, now):
    """REG-1, CHG-1."""
    case_id = an_examined_case(clerk, person, now=now)
    early = take_contact_code(officer_id=clerk.id, case_id=case_id, kind=ContactKind.PHONE, typed="123456", now=now)
    assert early == StepRefused(StepRefusal.NO_CODE)
    prove_contacts(clerk, case_id, now=now)
    assert CaseContact.objects.filter(proven_at=now).count() == 2
    wrong = take_contact_code(officer_id=clerk.id, case_id=case_id, kind=ContactKind.PHONE, typed="000000", now=now)
    assert isinstance(wrong, ContactCodeRefused)
    assert wrong.reason is CodeRefusal.DEAD


def test_a_new_code_makes_the_contact_unproven_and_codes_are_few(clerk, person, now):
    case_id = a_ready_case(clerk, person, now=now)
    for _ in range(4):
        send_contact_code(
            officer_id=clerk.id, case_id=case_id, kind=ContactKind.PHONE, value="+4530999999", lasts_for=LASTS, now=now
        )
    assert CaseContact.objects.get(kind="phone").proven_at is None
    outcome = send_contact_code(
        officer_id=clerk.id, case_id=case_id, kind=ContactKind.PHONE, value="+4530999999", lasts_for=LASTS, now=now
    )
    assert isinstance(outcome, TooManyCodes)
    issued = approve_and_issue(officer_id=clerk.id, case_id=case_id, user_id="skovsti 99", now=now)
    assert issued == ContactNotProven(ContactKind.PHONE)


def test_reg_1_nothing_is_proven_or_issued_before_the_identity_is(clerk, person, now):
    """REG-1."""
    case_id = a_case_about(clerk, person, now=now)
    sent = send_contact_code(
        officer_id=clerk.id, case_id=case_id, kind=ContactKind.PHONE, value="+4530999999", lasts_for=LASTS, now=now
    )
    assert sent == StepRefused(StepRefusal.NOT_EXAMINED)
    issued = approve_and_issue(officer_id=clerk.id, case_id=case_id, user_id="skovsti 99", now=now)
    assert issued == StepRefused(StepRefusal.NOT_EXAMINED)
    assert events(EventKind.APPROVAL_REFUSED)[0].facts["reason"] == "not_examined"
