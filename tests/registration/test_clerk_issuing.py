"""The clerks' acts from a proven identity on: issuing, handing out, reopening, refusing."""

from datetime import timedelta

import pytest

from audit.api import EventKind
from identities.api import (
    AlreadyIssued,
    AssuranceLevel,
    ContactKind,
    DeviceState,
    IdentityState,
    UserIdRefusal,
    UserIdRefused,
    contacts_of,
    device_state,
    identity_by_id,
    person_of,
)
from notifications.api import MessageKind
from notifications.models import Delivery
from registration.models import ProofingCase, RefusalDecision, StockItem
from registration.registers.fixture import fixture_people
from registration.rules.case import StepRefusal
from registration.states import (
    CasePurpose,
    CaseState,
    RefusalReason,
    StockState,
)
from registration.usecases.approve_and_issue import Approved, approve_and_issue
from registration.usecases.approve_and_reopen import approve_and_reopen
from registration.usecases.cancel_case import cancel_case
from registration.usecases.hand_out_device import HandOutRefusal, NotHandedOut, hand_out_device
from registration.usecases.refuse_case import refuse_case
from registration.usecases.results import Ended, StepRefused
from tests.factories.registration import (
    a_case_about,
    a_handed_out_display,
    a_ready_case,
    a_stocked_display,
    an_approved_case,
    an_examined_case,
    an_office,
    an_open_case,
    plain_people,
    prove_contacts,
)
from tests.registration.clerks import alerts, block, events, identity_of

pytestmark = pytest.mark.django_db


def test_an_examined_person_gets_an_identity(clerk, person, now):
    """REG-1, UID-1, ALR-2."""
    case_id = an_examined_case(clerk, person, now=now)
    phone, email = prove_contacts(clerk, case_id, now=now)
    outcome = approve_and_issue(officer_id=clerk.id, case_id=case_id, user_id="Grøn Skovsti", now=now)
    assert isinstance(outcome, Approved)
    identity = identity_by_id(outcome.identity_id)
    assert (identity.user_id, identity.level, identity.state) == (
        "Grøn Skovsti", AssuranceLevel.HIGH, IdentityState.ACTIVE,
    )  # fmt: skip
    assert contacts_of(identity.id) == {ContactKind.PHONE: phone, ContactKind.EMAIL: email}
    assert person_of(identity.id).address == person.address
    case = ProofingCase.objects.get()
    assert (case.state, case.identity_id, case.decided_at) == (CaseState.APPROVED, identity.id, now)
    assert events(EventKind.CASE_APPROVED)[0].subject_id == identity.id
    assert len(alerts(identity.id, MessageKind.IDENTITY_ISSUED)) == 2
    again = approve_and_issue(officer_id=clerk.id, case_id=case_id, user_id="Grøn Skovsti", now=now)
    assert again == StepRefused(StepRefusal.NOT_EXAMINED)


def test_a_protected_address_is_not_handed_on(clerk, now):
    """REG-2: what is not stored cannot be shown."""
    protected = next(one for one in fixture_people() if one.is_name_protected)
    _, identity_id = an_approved_case(clerk, protected, now=now)
    assert person_of(identity_id).address is None
    assert person_of(identity_id).is_name_protected


@pytest.mark.parametrize(
    ("user_id", "reason"),
    [
        ("abc", UserIdRefusal.TOO_SHORT),
        ("а-cyrillic-а", UserIdRefusal.WRONG_CHARACTER),
        (" skovsti", UserIdRefusal.OUTER_SPACE),
        ("0123456789", UserIdRefusal.TEN_DIGITS),
    ],
)
def test_uid_a_user_id_that_may_not_be_is_refused_and_the_case_stays(clerk, person, now, user_id, reason):
    """UID-1 to UID-3."""
    case_id = a_ready_case(clerk, person, now=now)
    outcome = approve_and_issue(officer_id=clerk.id, case_id=case_id, user_id=user_id, now=now)
    assert outcome == UserIdRefused(reason)
    assert ProofingCase.objects.get().state == CaseState.EXAMINED
    assert events(EventKind.APPROVAL_REFUSED)[0].facts["reason"] == f"user_id_{reason.value}"


def test_a_second_case_about_the_same_person_issues_nothing(clerk, person, now):
    first, second = (a_ready_case(clerk, person, now=now) for _ in range(2))
    approved = approve_and_issue(officer_id=clerk.id, case_id=first, user_id="skovsti 11", now=now)
    assert isinstance(approved, Approved)
    outcome = approve_and_issue(officer_id=clerk.id, case_id=second, user_id="skovsti 12", now=now)
    assert outcome == AlreadyIssued(approved.identity_id)
    assert ProofingCase.objects.get(pk=second).state == CaseState.EXAMINED


# --- code display ---


def test_sec_4_a_display_of_the_offices_stock_is_handed_out(clerk, person, now):
    """SEC-4, AUT-2, REG-11."""
    case_id, identity_id = an_approved_case(clerk, person, now=now)
    sheet = a_handed_out_display(clerk, case_id, now=now)
    item = StockItem.objects.get()
    assert (item.state, item.case_id, item.handed_out_at) == (StockState.HANDED_OUT, case_id, now)
    assert device_state(sheet.serial) is DeviceState.HANDED_OUT
    assert sheet.expires_at == now + timedelta(hours=48)
    assert len(alerts(identity_id, MessageKind.CODE_ISSUED)) == 2
    (event,) = [one for one in events(EventKind.CODE_DISPLAY_HANDED_OUT) if one.subject_id == identity_id]
    assert (event.actor_id, event.office_id) == (clerk.id, clerk.office.id)
    again = hand_out_device(officer_id=clerk.id, case_id=case_id, serial=sheet.serial, now=now)
    assert again.activation_code != sheet.activation_code


def test_reg_11_another_offices_display_is_not_in_stock(clerk, person, now):
    """REG-11."""
    case_id, _ = an_approved_case(clerk, person, now=now)
    foreign = a_stocked_display(an_office(now=now), now=now)
    for serial in (foreign, "KV-NO-SUCH"):
        outcome = hand_out_device(officer_id=clerk.id, case_id=case_id, serial=serial, now=now)
        assert outcome == NotHandedOut(HandOutRefusal.NOT_IN_STOCK)
    assert device_state(foreign) is DeviceState.IN_STOCK
    assert len(events(EventKind.HAND_OUT_REFUSED)) == 2


def test_a_display_handed_out_in_one_case_is_gone_for_the_next(clerk, now):
    first, second = plain_people()[:2]
    sheet = a_handed_out_display(clerk, an_approved_case(clerk, first, now=now)[0], now=now)
    case_id, _ = an_approved_case(clerk, second, now=now)
    outcome = hand_out_device(officer_id=clerk.id, case_id=case_id, serial=sheet.serial, now=now)
    assert outcome == NotHandedOut(HandOutRefusal.NOT_IN_STOCK)


def test_nothing_is_handed_out_to_a_blocked_identity_or_a_day_later(clerk, person, now):
    case_id, identity_id = an_approved_case(clerk, person, now=now)
    serial = a_stocked_display(clerk.office, now=now)
    ProofingCase.objects.update(decided_at=now + timedelta(hours=23))
    late = hand_out_device(officer_id=clerk.id, case_id=case_id, serial=serial, now=now + timedelta(hours=24))
    assert late == StepRefused(StepRefusal.TOO_OLD)  # the approval renews nothing
    block(identity_id, now=now)
    outcome = hand_out_device(officer_id=clerk.id, case_id=case_id, serial=serial, now=now)
    assert outcome == NotHandedOut(HandOutRefusal.IDENTITY_BLOCKED)
    assert StockItem.objects.get(serial=serial).state == StockState.IN_STOCK


# --- reopening ---


def test_blk_2_a_blocked_identity_is_reopened_in_person(clerk, person, now):
    """BLK-2."""
    identity_id = identity_of(person, now=now)
    block(identity_id, now=now)
    case_id = an_examined_case(clerk, person, now=now, purpose=CasePurpose.REOPEN)
    wrong = approve_and_issue(officer_id=clerk.id, case_id=case_id, user_id="skovsti 99", now=now)
    assert wrong == StepRefused(StepRefusal.WRONG_PURPOSE)
    assert approve_and_reopen(officer_id=clerk.id, case_id=case_id, now=now) == Approved(identity_id)
    assert identity_by_id(identity_id).state is IdentityState.ACTIVE
    assert len(alerts(identity_id, MessageKind.IDENTITY_REOPENED)) == 2
    assert ProofingCase.objects.get().state == CaseState.APPROVED


def test_what_was_reopened_meanwhile_is_not_reopened_twice(clerk, person, now):
    identity_id = identity_of(person, now=now)
    block(identity_id, now=now)
    first, second = (an_examined_case(clerk, person, now=now, purpose=CasePurpose.REOPEN) for _ in range(2))
    assert isinstance(approve_and_reopen(officer_id=clerk.id, case_id=first, now=now), Approved)
    outcome = approve_and_reopen(officer_id=clerk.id, case_id=second, now=now)
    assert outcome == StepRefused(StepRefusal.NOT_BLOCKED)


# --- ending ---


def test_reg_12_a_refusal_has_a_reason_and_says_how_to_complain(clerk, person, now):
    """REG-12."""
    case_id = a_case_about(clerk, person, now=now)
    reason = RefusalReason.PHOTO_DIFFERS
    outcome = refuse_case(officer_id=clerk.id, case_id=case_id, reason=reason, now=now)
    assert outcome == Ended(CaseState.REFUSED)
    decision = RefusalDecision.objects.get()
    assert (decision.reason, decision.officer_id, decision.decided_at) == (reason, clerk.id, now)
    assert "Torvet 1" in decision.complaints_to
    assert events(EventKind.CASE_REFUSED)[0].facts["reason"] == reason.value
    again = refuse_case(officer_id=clerk.id, case_id=case_id, reason=reason, now=now)
    assert again == cancel_case(officer_id=clerk.id, case_id=case_id, now=now) == StepRefused(StepRefusal.NOT_OPEN)


def test_a_refused_reopening_is_told(clerk, person, now):
    """ALR-2, REG-12."""
    identity_id = identity_of(person, now=now)
    block(identity_id, now=now)
    case_id = a_case_about(clerk, person, now=now, purpose=CasePurpose.REOPEN)
    before = Delivery.objects.count()
    refuse_case(officer_id=clerk.id, case_id=case_id, reason=RefusalReason.IDENTITY_IN_DOUBT, now=now)
    assert Delivery.objects.count() == before + 2


def test_a_case_is_given_up(clerk, now):
    case_id = an_open_case(clerk, now=now)
    assert cancel_case(officer_id=clerk.id, case_id=case_id, now=now) == Ended(CaseState.CANCELLED)
    assert len(events(EventKind.CASE_CANCELLED)) == 1
