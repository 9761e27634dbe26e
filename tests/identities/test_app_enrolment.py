"""An app is enrolled with two codes over two channels (SEC-5)."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import Actor, EventKind, events_about
from identities.api import (
    AppActivated,
    AssuranceLevel,
    AuthenticatorKind,
    AuthenticatorState,
    BlockReason,
    BlockSource,
    ContactKind,
    EnrolmentRefusal,
    EnrolmentRefused,
    PinNotAllowed,
    PinNotSent,
    PinNotSentReason,
    PinRefusal,
    app_of,
    block_identity,
    identity_by_id,
    resend_temporary_pin,
)
from identities.models import ActivationCode, App, AppEnrolment, ContactPoint
from identities.states import ActivationCodeState, CodeCarrier, EnrolmentState
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from tests.factories.apps import PIN, Phone, an_app, an_app_code, begun, completed, temporary_pins_sent
from tests.factories.identities import a_person, a_resident

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def resident(now):
    return a_resident(now=now)


@pytest.fixture
def phone():
    return Phone()


@pytest.fixture
def code(resident, now):
    return an_app_code(resident.identity_id, now=now)


@pytest.fixture
def enrolment(resident, phone, code, now):
    return begun(resident.user_id, phone, code=code, now=now)


@pytest.fixture
def sms(resident, enrolment):
    return temporary_pins_sent(resident.identity_id)[0]


def refused(reason):
    return EnrolmentRefused(EnrolmentRefusal(reason))


def other_than(pin):
    return f"{(int(pin) + 1) % 10**8:08}"


def reasons_logged(identity_id):
    lines = events_about(subject_id=identity_id, kinds=[EventKind.ACTIVATION_REFUSED], limit=50)
    return [line.facts["reason"] for line in lines]


def test_sec_5_an_app_is_activated_with_a_code_and_a_temporary_pin_by_sms(resident, phone, code, enrolment, sms, now):
    """SEC-5, AUT-2, ALR-2."""
    activated = completed(enrolment, phone, sms, now=now + MINUTE)
    assert isinstance(activated, AppActivated)
    assert (activated.identity_id, activated.level) == (resident.identity_id, AssuranceLevel.SUBSTANTIAL)
    view = app_of(activated.app_id)
    assert (view.state, view.device_key) == (AuthenticatorState.ACTIVE, phone.device_key)
    assert AppEnrolment.objects.get().state == EnrolmentState.USED
    used = ActivationCode.objects.get(kind=AuthenticatorKind.APP)
    assert (used.state, used.used_at) == (ActivationCodeState.USED, now)
    told = Delivery.objects.filter(kind=MessageKind.AUTHENTICATOR_ACTIVATED, created_at=now + MINUTE)
    assert sorted(told.values_list("channel", flat=True)) == ["APP", "EMAIL", "SMS"]
    kinds = [line.kind for line in events_about(subject_id=resident.identity_id, limit=2)]
    assert kinds == [EventKind.AUTHENTICATOR_ACTIVATED, EventKind.TEMPORARY_PIN_SENT]


def test_sec_5_the_temporary_pin_goes_to_the_registered_phone_alone(resident, enrolment):
    """SEC-5: 8 digits."""
    delivery = Delivery.objects.get(kind=MessageKind.TEMPORARY_PIN)
    registered = ContactPoint.objects.get(identity_id=resident.identity_id, kind=ContactKind.PHONE)
    assert (delivery.channel, delivery.contact_id) == ("SMS", registered.id)
    assert len(temporary_pins_sent(resident.identity_id)[0]) == 8


def test_a_code_given_in_time_activates_though_it_runs_out_before_the_pin_is_typed(resident, phone, now):
    """SEC-4: what counts is when it was typed."""
    code = an_app_code(resident.identity_id, carrier=CodeCarrier.SCREEN, now=now)
    late = begun(resident.user_id, phone, code=code, now=now + 29 * MINUTE)
    sms = temporary_pins_sent(resident.identity_id)[0]
    assert isinstance(completed(late, phone, sms, now=now + 40 * MINUTE), AppActivated)
    assert ActivationCode.objects.get(kind=AuthenticatorKind.APP).used_at == now + 29 * MINUTE


def test_sec_5_three_wrong_temporary_pins_kill_the_enrolment(phone, enrolment, sms, now):
    """SEC-5, SEC-4."""
    for _ in range(2):
        assert completed(enrolment, phone, other_than(sms), now=now) == refused("wrong_pin")
    assert completed(enrolment, phone, other_than(sms), now=now) == refused("over")
    assert completed(enrolment, phone, sms, now=now) == refused("over")
    assert AppEnrolment.objects.get().state == EnrolmentState.DEAD
    assert App.objects.count() == 0


def test_sec_5_two_wrong_temporary_pins_leave_the_third_try(phone, enrolment, sms, now):
    """SEC-5."""
    for _ in range(2):
        completed(enrolment, phone, other_than(sms), now=now)
    assert isinstance(completed(enrolment, phone, sms, now=now), AppActivated)


def test_sec_5_a_temporary_pin_opens_nothing_after_thirty_minutes(resident, phone, code, enrolment, sms, now):
    """SEC-4, SEC-5."""
    assert enrolment.expires_at == now + 30 * MINUTE
    assert completed(enrolment, phone, sms, now=now + 30 * MINUTE) == refused("over")
    assert isinstance(completed(enrolment, phone, sms, now=now + 30 * MINUTE - SECOND), AppActivated)


def test_try_2_for_a_user_id_that_nobody_has_everything_looks_alike(resident, phone, code, enrolment, sms, now):
    """TRY-2."""
    nobodys = begun("findes slet ikke", phone, code=code, now=now)
    assert nobodys.expires_at == enrolment.expires_at
    for _ in range(4):
        outcomes = {completed(each, phone, other_than(sms), now=now) for each in (enrolment, nobodys)}
        assert len(outcomes) == 1
    assert AppEnrolment.objects.get(pk=nobodys.enrolment_id).state == EnrolmentState.DEAD


def test_try_2_another_key_than_the_enrolments_makes_no_try_of_it(phone, enrolment, sms, now):
    """TRY-2: whoever learns an enrolment's id has not the phone."""
    for _ in range(5):
        assert completed(enrolment, Phone(), other_than(sms), now=now) == refused("over")
    assert completed(enrolment, Phone(), sms, now=now) == refused("over")
    assert AppEnrolment.objects.get().wrong_tries == 0
    assert isinstance(completed(enrolment, phone, sms, now=now), AppActivated)


@pytest.mark.parametrize(
    ("pin", "reason"),
    [("12345", "not_six_digits"), ("777777", "all_equal"), ("456789", "run"), ("010180", "personal")],
)
def test_sec_1_a_pin_that_may_not_be_chosen_spends_nothing(phone, enrolment, sms, now, pin, reason):
    """SEC-1."""
    assert completed(enrolment, phone, sms, pin=pin, now=now) == PinNotAllowed(PinRefusal(reason))
    assert isinstance(completed(enrolment, phone, sms, now=now), AppActivated)


def test_sec_1_who_has_not_the_temporary_pin_learns_nothing_of_the_cpr_number(now, phone):
    """SEC-1: else who found the paper would ask for the digits of the CPR number one PIN after the other."""
    resident = a_resident(now=now, person=a_person(cpr_number="0101807253"))
    enrolment = begun(resident.user_id, phone, code=an_app_code(resident.identity_id, now=now), now=now)
    sms = temporary_pins_sent(resident.identity_id)[0]
    assert completed(enrolment, phone, other_than(sms), pin="180725", now=now) == refused("wrong_pin")
    assert completed(enrolment, phone, sms, pin="180725", now=now) == PinNotAllowed(PinRefusal.PERSONAL)


def test_aut_1_a_fourth_app_is_refused_at_the_end_too(resident, phone, enrolment, sms, now):
    """AUT-1."""
    for _ in range(3):
        other = Phone()
        App.objects.create(
            identity_id=resident.identity_id,
            installation_id=other.installation_id,
            platform=other.platform,
            device_key=other.device_key,
            pin_verifier=b"v",
            enrolled_level=AssuranceLevel.SUBSTANTIAL,
            activated_at=now,
        )
    assert completed(enrolment, phone, sms, now=now) == refused("at_most")
    assert AppEnrolment.objects.get().state == EnrolmentState.DEAD


def test_an_app_on_the_same_phone_replaces_the_one_before(resident, now):
    """AUT-1, ALR-2, BLK-1."""
    first = an_app(resident, now=now)
    second = an_app(resident, phone=first.phone.for_another(), now=now + MINUTE)
    assert app_of(first.id).state is AuthenticatorState.BLOCKED
    assert app_of(second.id).state is AuthenticatorState.ACTIVE
    assert identity_by_id(resident.identity_id).signed_out_at == now + MINUTE
    assert Delivery.objects.filter(kind=MessageKind.AUTHENTICATOR_BLOCKED, created_at=now + MINUTE).exists()


def test_a_key_is_of_one_app_for_ever(resident, now):
    first = an_app(resident, now=now)
    neighbour = a_resident(now=now)
    for person in (resident, neighbour):
        phone = Phone(key=first.phone.key)
        enrolment = begun(person.user_id, phone, code=an_app_code(person.identity_id, now=now), now=now)
        sms = temporary_pins_sent(person.identity_id)[0]
        assert completed(enrolment, phone, sms, now=now) == refused("key_in_use")


def test_aut_3_one_phone_holds_several_peoples_apps_at_substantial(resident, now):
    """AUT-3."""
    first = an_app(resident, now=now)
    second = an_app(a_resident(now=now), phone=first.phone.for_another(), pin="506172", now=now)
    assert [app_of(app.id).state for app in (first, second)] == [AuthenticatorState.ACTIVE] * 2


def test_aut_3_an_app_that_would_be_high_is_substantial_beside_somebody_elses(resident, now):
    """AUT-3, LVL-2."""
    first = an_app(resident, now=now)
    neighbour = a_resident(now=now, level=AssuranceLevel.HIGH)
    assert an_app(neighbour, level=AssuranceLevel.HIGH, phone=first.phone.for_another(), now=now).level == 2
    assert an_app(neighbour, level=AssuranceLevel.HIGH, now=now).level is AssuranceLevel.HIGH


def test_aut_3_beside_an_app_at_high_nobody_else_enrols_until_it_is_blocked(resident, now):
    """AUT-3."""
    high = an_app(a_resident(now=now, level=AssuranceLevel.HIGH), level=AssuranceLevel.HIGH, now=now)
    code = an_app_code(resident.identity_id, now=now)
    phone = high.phone.for_another()
    enrolment = begun(resident.user_id, phone, code=code, now=now)
    sms = temporary_pins_sent(resident.identity_id)[0]
    assert completed(enrolment, phone, other_than(sms), now=now) == refused("wrong_pin")
    assert completed(enrolment, phone, sms, now=now) == refused("phone_taken")
    App.objects.filter(pk=high.id).update(state=AuthenticatorState.BLOCKED, blocked_at=now)
    enrolment = begun(resident.user_id, phone, code=code, now=now)
    sms = temporary_pins_sent(resident.identity_id)[0]
    assert isinstance(completed(enrolment, phone, sms, now=now), AppActivated)


def test_lvl_2_a_code_on_the_screen_makes_no_app_at_high(now, phone):
    """LVL-2: only paper is handed over in person."""
    resident = a_resident(now=now, level=AssuranceLevel.HIGH)
    code = an_app_code(resident.identity_id, level=AssuranceLevel.HIGH, carrier=CodeCarrier.SCREEN, now=now)
    enrolment = begun(resident.user_id, phone, code=code, now=now)
    activated = completed(enrolment, phone, temporary_pins_sent(resident.identity_id)[0], now=now)
    assert activated.level is AssuranceLevel.SUBSTANTIAL


def test_alr_2_every_other_channel_hears_that_a_temporary_pin_went_out(resident, phone, now):
    """ALR-2: a stranger who holds the phone's number is not the only one who knows; three times an hour at most."""
    an_app(resident, now=now - 2 * HOUR)  # so that there is an inbox
    told = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.CODE_ISSUED, created_at__gte=now)
    for number in range(1, 5):
        begun(resident.user_id, phone, code=an_app_code(resident.identity_id, now=now), now=now)
        begun(resident.user_id, phone, code="333333WRONGWRO", now=now)
        channels = sorted(told.values_list("channel", flat=True))
        assert channels == sorted([Channel.APP, Channel.EMAIL] * min(number, 3))
    assert len(temporary_pins_sent(resident.identity_id)) == 4


def test_sec_7_the_first_phone_was_registered_in_person_and_gets_one_at_once(resident, enrolment, sms):
    """SEC-7."""
    assert sms


def test_a_second_beginning_ends_the_first(resident, phone, code, enrolment, sms, now):
    other = Phone()
    second = begun(resident.user_id, other, code=code, now=now)
    assert completed(enrolment, phone, sms, now=now) == refused("over")
    second_sms = temporary_pins_sent(resident.identity_id)[0]
    assert isinstance(completed(second, other, second_sms, now=now), AppActivated)


def test_a_spent_enrolment_and_a_spent_code_open_nothing_again(resident, phone, code, enrolment, sms, now):
    """SEC-4."""
    completed(enrolment, phone, sms, now=now)
    assert completed(enrolment, phone, sms, now=now) == refused("over")
    begun(resident.user_id, phone, code=code, now=now)
    assert reasons_logged(resident.identity_id) == ["no_code", "over"]


def test_a_newer_code_ends_the_enrolment_of_the_one_before(resident, phone, enrolment, sms, now):
    """SEC-4."""
    an_app_code(resident.identity_id, now=now)
    assert completed(enrolment, phone, sms, now=now) == refused("over")


def test_blk_1_a_block_ends_an_enrolment_on_its_way(resident, phone, code, enrolment, sms, now):
    """BLK-1."""
    with transaction.atomic():
        block_identity(
            identity_id=resident.identity_id,
            source=BlockSource.CITIZEN,
            reason=BlockReason.OWN_WISH,
            actor=Actor.citizen(resident.identity_id),
            now=now,
        )
    assert completed(enrolment, phone, sms, now=now + SECOND) == refused("over")
    sent_before = len(temporary_pins_sent(resident.identity_id))
    begun(resident.user_id, phone, code=code, now=now + SECOND)
    assert len(temporary_pins_sent(resident.identity_id)) == sent_before
    with transaction.atomic():
        again = resend_temporary_pin(identity_id=resident.identity_id, actor=Actor.system(), now=now + SECOND)
    assert again == PinNotSent(PinNotSentReason.NO_ENROLMENT)


def test_sec_1_the_chosen_pin_opens_the_app(resident, phone, enrolment, sms, now):
    """SEC-1."""
    assert PIN not in str(App.objects.values().first())
    activated = completed(enrolment, phone, sms, now=now)
    assert PIN.encode() not in bytes(App.objects.get(pk=activated.app_id).pin_verifier)
