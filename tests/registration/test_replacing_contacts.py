"""A reopening may give a citizen a new phone or e-mail: result, rows, events, deliveries, and what changes nothing."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from audit.api import EventKind
from identities.api import (
    AuthenticatorKind,
    BlockSource,
    CodeCarrier,
    CodeNotGiven,
    CodeNotGivenReason,
    CodeSent,
    ContactKind,
    IdentityState,
    ProvenContacts,
    contacts_of,
    give_activation_code,
    identity_by_id,
    phone_is_too_new,
    registered_phone,
    reopen_identity,
)
from identities.models import ContactPoint, ContactProof, IdentityBlock, PendingChange
from mitid_portal import clock
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from registration.models import ProofingCase
from registration.rules.case import LOOK_UP_LASTS, StepRefusal
from registration.states import CasePurpose, CaseState, RefusalReason
from registration.usecases.approve_and_issue import Approved
from registration.usecases.approve_and_reopen import AwaitsSecond, approve_and_reopen
from registration.usecases.cancel_case import cancel_case
from registration.usecases.refuse_case import refuse_case
from registration.usecases.results import StepRefused
from registration.usecases.second_approve import second_approve
from registration.usecases.send_contact_code import send_contact_code
from registration.usecases.take_contact_code import take_contact_code
from tests.factories.authenticators import an_app_row
from tests.factories.identities import Resident, a_resident, an_officer, code_sent_to, proven_contact, texts_sent
from tests.factories.registration import (
    a_case_about,
    a_clerk,
    a_visiting_case,
    an_examined_case,
    an_officer_of,
    logged_in,
    prove_contacts,
)
from tests.factories.selfservice import a_login, a_requested_change
from tests.registration.clerks import as_person, block, events

pytestmark = pytest.mark.django_db
LASTS, HOUR = timedelta(minutes=15), timedelta(hours=1)
PHONE = "+4530888888"


@pytest.fixture
def citizen(person, now) -> Resident:
    return a_resident(now=now - HOUR, person=as_person(person))


def a_reopening(clerk, person, citizen, *, now, source=BlockSource.CITIZEN):
    block(citizen.identity_id, source=source, now=now)
    return an_examined_case(clerk, person, purpose=CasePurpose.REOPEN, now=now)


def send(officer, case_id, *, now, value=PHONE, kind=ContactKind.PHONE):
    return send_contact_code(officer_id=officer.id, case_id=case_id, kind=kind, value=value, lasts_for=LASTS, now=now)


def prove(officer, case_id, *, now, value=PHONE, kind=ContactKind.PHONE):
    assert isinstance(send(officer, case_id, now=now, value=value, kind=kind), CodeSent)
    code = code_sent_to(owner_id=case_id, kind=kind)
    return take_contact_code(officer_id=officer.id, case_id=case_id, kind=kind, typed=code, now=now)


def old_of(citizen):
    return {ContactKind.PHONE: citizen.phone, ContactKind.EMAIL: citizen.email}


def told_at(citizen, kind):
    """Give to which contacts, by id, a kind of message went: phones, e-mails, inbox."""
    rows = Delivery.objects.filter(reference=citizen.identity_id, kind=kind)
    return sorted((channel, contact) for channel, contact in rows.values_list("channel", "contact_id"))


def ids_of(citizen):
    rows = ContactPoint.objects.filter(identity_id=citizen.identity_id)
    channel_of = {"phone": Channel.SMS, "email": Channel.EMAIL}
    return sorted((channel_of[kind], id_) for kind, id_ in rows.values_list("kind", "id"))


def test_what_a_thief_took_is_taken_back_at_the_desk(clerk, person, citizen, now):
    """REG-1, BLK-2, CHG-5, ALR-2: phone and e-mail are replaced as the identity is reopened, and all hear of it."""
    an_app_row(citizen.identity_id, now=now - HOUR)
    case_id = a_reopening(clerk, person, citizen, now=now)
    phone, email = prove_contacts(clerk, case_id, now=now)
    assert contacts_of(citizen.identity_id) == old_of(citizen)
    Delivery.objects.filter(kind=MessageKind.OFFICER_ACTED).delete()  # of the look-up
    assert approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now) == Approved(citizen.identity_id)
    assert contacts_of(citizen.identity_id) == {ContactKind.PHONE: phone, ContactKind.EMAIL: email}
    rows = ContactPoint.objects.filter(identity_id=citizen.identity_id)
    assert sorted(rows.values_list("kind", "state", "is_first", "replaced_at")) == [
        ("email", "active", False, None), ("email", "replaced", True, now),
        ("phone", "active", False, None), ("phone", "replaced", True, now),
    ]  # fmt: skip
    assert set(ContactProof.objects.filter(owner_id=case_id).values_list("state", flat=True)) == {"used"}
    replaced = events(EventKind.CONTACT_REPLACED)
    assert [(one.subject_id, one.actor_id, one.facts) for one in replaced] == [
        (citizen.identity_id, clerk.id, {"kind": "email"}), (citizen.identity_id, clerk.id, {"kind": "phone"}),
    ]  # fmt: skip
    everywhere = sorted([*ids_of(citizen), (Channel.APP, citizen.identity_id)])
    assert len(everywhere) == 5
    assert told_at(citizen, MessageKind.IDENTITY_REOPENED) == everywhere
    assert told_at(citizen, MessageKind.OFFICER_ACTED) == sorted(everywhere * 2)


def test_alr_6_no_message_names_a_contact(clerk, person, citizen, now):
    """ALR-6, LOG-2."""
    case_id = a_reopening(clerk, person, citizen, now=now)
    new = prove_contacts(clerk, case_id, now=now)
    approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now)
    texts = texts_sent(reference=citizen.identity_id, kind=MessageKind.OFFICER_ACTED)
    assert sum("telefonnummer" in text for text in texts) == sum("e-mailadresse" in text for text in texts) == 4
    named = [value for value in (*new, citizen.phone, citizen.email) for text in texts if value in text]
    assert named == []


def test_one_contact_may_be_replaced_and_the_other_stays(clerk, person, citizen, now):
    """REG-1: what was not proven changes nothing, though a code was sent to it."""
    case_id = a_reopening(clerk, person, citizen, now=now)
    prove(clerk, case_id, now=now)
    send(clerk, case_id, kind=ContactKind.EMAIL, value="never.typed@example.dk", now=now)
    assert approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now) == Approved(citizen.identity_id)
    assert contacts_of(citizen.identity_id) == {ContactKind.PHONE: PHONE, ContactKind.EMAIL: citizen.email}
    assert [one.facts for one in events(EventKind.CONTACT_REPLACED)] == [{"kind": "phone"}]


def test_sec_7_the_one_that_stands_keeps_its_age_and_tells_nobody(clerk, person, citizen, now):
    """SEC-7: who proves the phone they have waits for nothing."""
    case_id = a_reopening(clerk, person, citizen, now=now)
    prove(clerk, case_id, value=citizen.phone, now=now)
    before = ids_of(citizen)
    assert approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now) == Approved(citizen.identity_id)
    assert (ids_of(citizen), events(EventKind.CONTACT_REPLACED)) == (before, [])
    assert registered_phone(citizen.identity_id).is_first


def test_sec_7_no_code_goes_to_a_phone_that_is_new_at_the_desk(clerk, person, citizen, now):
    """SEC-7: 120 hours, though the citizen stood there."""
    case_id = a_reopening(clerk, person, citizen, now=now)
    prove(clerk, case_id, now=now)
    approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now)
    phone = registered_phone(citizen.identity_id)
    ages = {"registered_at": phone.registered_at, "is_first": phone.is_first}
    for hours, is_too_new in ((119, True), (120, False)):
        at = now + timedelta(hours=hours)
        assert phone_is_too_new(**ages, now=at) is is_too_new
    with transaction.atomic():
        given = give_activation_code(
            identity_id=citizen.identity_id,
            kind=AuthenticatorKind.PASSWORD,
            carrier=CodeCarrier.SMS,
            proven_level=None,
            actor=an_officer(),
            now=now + HOUR,
        )
    assert given == CodeNotGiven(CodeNotGivenReason.PHONE_TOO_NEW)


def test_chg_6_the_old_phone_hears_of_no_later_change(clerk, person, citizen, now):
    """CHG-2, CHG-6: who cannot read the alert cannot stop the change; the one that waited ended with the block."""
    a_requested_change(a_login(citizen.identity_id, at=now), now=now)
    case_id = a_reopening(clerk, person, citizen, now=now)
    prove_contacts(clerk, case_id, now=now)
    approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now)
    assert PendingChange.objects.get().state == "cancelled"
    Delivery.objects.all().delete()
    later = now + HOUR
    a_requested_change(a_login(citizen.identity_id, at=later), value="+4530777777", now=later)
    standing = ContactPoint.objects.filter(identity_id=citizen.identity_id, state="active")
    told = {contact for _, contact in told_at(citizen, MessageKind.CHANGE_REQUESTED)}
    assert told == set(standing.values_list("id", flat=True))


# --- two officers ---


def test_reg_10_after_fraud_the_second_officer_sees_and_puts_in_place(person):
    """REG-10: the first approval replaces nothing, and after it no other contact is proven."""
    at = clock.now()
    clerk, citizen = a_clerk(now=at), a_resident(now=at - HOUR, person=as_person(person))
    case_id = a_reopening(clerk, person, citizen, source=BlockSource.FRAUD, now=at)
    prove(clerk, case_id, now=at)
    assert approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=at) == AwaitsSecond()
    assert contacts_of(citizen.identity_id) == old_of(citizen)
    for refused in (send(clerk, case_id, now=at), taken(clerk, case_id, now=at)):
        assert refused == StepRefused(StepRefusal.NOT_EXAMINED)
    other = an_officer_of(clerk.office, now=at)
    page = logged_in(other.who, now=at).get(reverse("registration:case-second", kwargs={"case_id": case_id}))
    assert page.context["replaces_contacts"]
    assert f"{PHONE} (bekræftet)" in page.content.decode()
    assert "Borgerens telefon eller e-mail bliver også skiftet" in page.content.decode()
    assert second_approve(officer_id=other.id, case_id=case_id, now=at) == Approved(citizen.identity_id)
    assert contacts_of(citizen.identity_id)[ContactKind.PHONE] == PHONE
    assert [one.actor_id for one in events(EventKind.CONTACT_REPLACED)] == [other.id]


def taken(officer, case_id, *, now):
    return take_contact_code(officer_id=officer.id, case_id=case_id, kind=ContactKind.PHONE, typed="000000", now=now)


# --- what is refused, and what changes nothing ---


def test_reg_1_nothing_is_proven_before_the_identity_is_nor_a_day_later(clerk, person, citizen, now):
    """REG-1, REG-10."""
    block(citizen.identity_id, now=now)
    early = a_case_about(clerk, person, purpose=CasePurpose.REOPEN, now=now)
    examined = an_examined_case(clerk, person, purpose=CasePurpose.REOPEN, now=now)
    refusals = {
        StepRefusal.NOT_EXAMINED: (early, now),
        StepRefusal.TOO_OLD: (examined, now + LOOK_UP_LASTS),
    }
    for reason, (case_id, at) in refusals.items():
        for refused in (send(clerk, case_id, now=at), taken(clerk, case_id, now=at)):
            assert refused == StepRefused(reason)
    assert not ContactProof.objects.filter(owner_id__in=(early, examined)).exists()


def test_a_visit_for_an_authenticator_changes_no_contact(clerk, person, citizen, now):
    case_id = an_examined_case(clerk, person, purpose=CasePurpose.NEW_AUTHENTICATOR, now=now)
    assert send(clerk, case_id, now=now) == StepRefused(StepRefusal.WRONG_PURPOSE)
    approved = a_visiting_case(clerk, person, now=now)
    assert send(clerk, approved, now=now) == StepRefused(StepRefusal.WRONG_PURPOSE)


def test_reg_10_no_officer_gives_themselves_another_phone(clerk, person, now):
    """REG-10: the look-up stops them before; so does the step."""
    block(clerk.who.identity_id, now=now)
    other = an_officer_of(clerk.office, now=now)
    citizen = a_resident(now=now - HOUR, person=as_person(person))
    case_id = a_reopening(other, person, citizen, now=now)
    ProofingCase.objects.filter(pk=case_id).update(identity_id=clerk.who.identity_id)
    for refused in (send(clerk, case_id, now=now), taken(clerk, case_id, now=now)):
        assert refused == StepRefused(StepRefusal.OWN_IDENTITY)


@pytest.mark.parametrize("end", ["refuse", "cancel"])
def test_a_case_that_ends_without_an_approval_changes_nothing(clerk, person, citizen, now, end):
    """REG-12."""
    case_id = a_reopening(clerk, person, citizen, now=now)
    prove_contacts(clerk, case_id, now=now)
    before = ids_of(citizen)
    if end == "refuse":
        refuse_case(officer_id=clerk.id, case_id=case_id, reason=RefusalReason.PHOTO_DIFFERS, now=now)
    else:
        cancel_case(officer_id=clerk.id, case_id=case_id, now=now)
    late = approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now)
    assert late == StepRefused(StepRefusal.NOT_EXAMINED)
    assert send(clerk, case_id, now=now) == StepRefused(StepRefusal.NOT_EXAMINED)
    assert (ids_of(citizen), contacts_of(citizen.identity_id)) == (before, old_of(citizen))
    assert events(EventKind.CONTACT_REPLACED) == []
    assert identity_by_id(citizen.identity_id).state is IdentityState.BLOCKED


def test_who_is_open_again_meanwhile_keeps_their_contacts(clerk, person, citizen, now):
    """BLK-2: two cases about one citizen; the one that comes late replaces nothing."""
    first = a_reopening(clerk, person, citizen, now=now)
    late = an_examined_case(clerk, person, purpose=CasePurpose.REOPEN, now=now)
    prove(clerk, late, now=now)
    assert approve_and_reopen(officer_id=clerk.id, case_id=first, now=now) == Approved(citizen.identity_id)
    assert approve_and_reopen(officer_id=clerk.id, case_id=late, now=now) == StepRefused(StepRefusal.NOT_BLOCKED)
    assert contacts_of(citizen.identity_id) == old_of(citizen)
    assert ProofingCase.objects.get(pk=late).state == CaseState.EXAMINED


def test_a_proof_of_another_case_is_a_fault_and_undoes_the_reopening(citizen, now):
    """REG-1: proofs are the case's own, and are used once."""
    block(citizen.identity_id, now=now)
    foreign = proven_contact(owner_id=citizen.identity_id, kind=ContactKind.PHONE, value=PHONE, now=now)
    new = ProvenContacts(owner_id=an_officer().id, proofs={ContactKind.PHONE: foreign})
    with pytest.raises(ValueError, match="proven before"), transaction.atomic():
        reopen_identity(identity_id=citizen.identity_id, new_contacts=new, actor=an_officer(), now=now)
    assert identity_by_id(citizen.identity_id).state is IdentityState.BLOCKED
    assert IdentityBlock.objects.get().reopened_at is None


# --- the pages ---


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_pages_offer_it_in_a_reopening_and_lead_back(person, language):
    """REG-1, ALR-6: what stands is not shown, only what the citizen names."""
    at = clock.now()
    clerk, citizen = a_clerk(now=at), a_resident(now=at - HOUR, person=as_person(person))
    case_id = a_reopening(clerk, person, citizen, now=at)
    desk = logged_in(clerk.who, now=at)

    def address(name, **kwargs):
        return reverse(f"registration:{name}", kwargs={"case_id": case_id} | kwargs)

    def page(name):
        return desk.get(address(name), headers={"accept-language": language}).content.decode()

    contacts = address("case-contacts")
    for name in ("case", "case-reopen"):
        assert f'href="{contacts}"' in page(name)
    assert f'href="{address("case-reopen")}"' in page("case-contacts")
    sent = desk.post(address("case-contact", kind="phone"), {"value": "30 88 88 88"})
    code = code_sent_to(owner_id=case_id, kind=ContactKind.PHONE)
    assert desk.post(sent.url, {"code": code}).url == contacts
    for name in ("case", "case-contacts", "case-reopen"):
        shown = page(name)
        assert PHONE in shown
        assert not [value for value in old_of(citizen).values() if value in shown]
    assert desk.post(address("case-reopen")).url == address("case")
    assert contacts_of(citizen.identity_id)[ContactKind.PHONE] == PHONE
    assert f'href="{contacts}"' not in page("case") + page("case-reopen")


def test_other_cases_do_not_offer_it(person):
    at = clock.now()
    clerk = a_clerk(now=at)
    a_resident(now=at - HOUR, person=as_person(person))
    case_id = an_examined_case(clerk, person, purpose=CasePurpose.NEW_AUTHENTICATOR, now=at)
    contacts = reverse("registration:case-contacts", kwargs={"case_id": case_id})
    shown = logged_in(clerk.who, now=at).get(reverse("registration:case", kwargs={"case_id": case_id}))
    assert contacts not in shown.content.decode()
