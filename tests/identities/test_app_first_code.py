"""The first code of an app, and what it makes go out by SMS (SEC-4, SEC-5, SEC-7, TRY-2)."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid4

from audit.api import Actor, EventKind, events_about
from hsm.token import operations
from identities.api import (
    AppActivated,
    AppPlatform,
    AuthenticatorKind,
    AuthenticatorState,
    BlockSource,
    ContactKind,
    EnrolmentRefusal,
    EnrolmentRefused,
    PinNotSent,
    PinNotSentReason,
    PinSent,
    begin_app_enrolment,
    forget_old_enrolments,
    resend_temporary_pin,
)
from identities.models import ActivationCode, App, AppEnrolment, ContactPoint, Identity
from identities.rules.apps import normal_device_key
from identities.states import ActivationCodeState, CodeCarrier
from identities.steps.contacts import put_contact
from tests.factories.apps import Phone, an_app, an_app_code, begun, completed, temporary_pins_sent
from tests.factories.identities import a_resident

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
STRANGERS_GUESS = "WRONGWRO"
NEW_PHONE = "+4531415926"


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


def resent(resident, at):
    with transaction.atomic():
        return resend_temporary_pin(identity_id=resident.identity_id, actor=Actor.system(), now=at)


def reasons_logged(identity_id):
    lines = events_about(subject_id=identity_id, kinds=[EventKind.ACTIVATION_REFUSED], limit=50)
    return [line.facts["reason"] for line in lines]


def changes_phone(resident, at):
    with transaction.atomic():
        put_contact(
            identity=Identity.objects.get(pk=resident.identity_id),
            kind=ContactKind.PHONE,
            value=NEW_PHONE,
            actor=Actor.citizen(resident.identity_id),
            now=at,
        )


def test_the_code_may_be_typed_as_people_type_it(resident, phone, code, now):
    begun(resident.user_id.upper(), phone, code=f" {code[:6].lower()}-{code[6:10]} {code[10:]}", now=now)
    assert len(temporary_pins_sent(resident.identity_id)) == 1


@pytest.mark.parametrize("typed", ["", "333333WRONGWRO", "WRONG"])
def test_try_2_who_does_not_know_the_number_of_a_code_makes_no_try_of_it(resident, phone, code, now, typed):
    """TRY-2: and makes no SMS go out."""
    for _ in range(10):
        begun(resident.user_id, phone, code=typed, now=now)
    row = ActivationCode.objects.get(kind=AuthenticatorKind.APP)
    assert (row.state, row.wrong_tries) == (ActivationCodeState.OPEN, 0)
    assert temporary_pins_sent(resident.identity_id) == []
    assert set(reasons_logged(resident.identity_id)) == {"no_code"}


def test_sec_4_three_wrong_tries_of_the_code_with_this_number_kill_it(resident, phone, code, now):
    """SEC-4."""
    for _ in range(3):
        begun(resident.user_id, phone, code=code[:6] + STRANGERS_GUESS, now=now)
    assert ActivationCode.objects.get(kind=AuthenticatorKind.APP).state == ActivationCodeState.DEAD
    begun(resident.user_id, phone, code=code, now=now)
    assert temporary_pins_sent(resident.identity_id) == []
    assert reasons_logged(resident.identity_id) == ["no_code", "wrong_code", "wrong_code", "wrong_code"]


@pytest.mark.parametrize("carrier", [CodeCarrier.PAPER, CodeCarrier.SCREEN])
def test_sec_4_a_code_that_ran_out_opens_nothing(resident, phone, now, carrier):
    """SEC-4."""
    lasts = {CodeCarrier.PAPER: timedelta(hours=48), CodeCarrier.SCREEN: timedelta(minutes=30)}[carrier]
    code = an_app_code(resident.identity_id, carrier=carrier, now=now)
    begun(resident.user_id, phone, code=code, now=now + lasts)
    assert reasons_logged(resident.identity_id) == ["expired"]
    begun(resident.user_id, phone, code=code, now=now + lasts - SECOND)
    assert len(temporary_pins_sent(resident.identity_id)) == 1


def test_a_code_for_something_else_is_no_code_for_an_app(resident, phone, now):
    """SEC-4: for one authenticator."""
    code = an_app_code(resident.identity_id, now=now)
    ActivationCode.objects.filter(kind=AuthenticatorKind.APP).update(kind=AuthenticatorKind.CHIP)
    begun(resident.user_id, phone, code=code, now=now)
    assert reasons_logged(resident.identity_id) == ["no_code"]


@pytest.mark.parametrize("given", [{}, {"code": "333333WRONGWRO", "token": "x"}])
def test_exactly_one_first_code_is_given(resident, phone, now, given):
    begun(resident.user_id, phone, now=now, **given)
    assert AppEnrolment.objects.get().identity is None


def test_try_2_a_user_id_that_nobody_has_costs_the_same_queries_and_the_same_work_in_the_hsm(
    resident, phone, code, now, monkeypatch
):
    """TRY-2."""
    macs = []
    real = operations.hmac_sha256
    monkeypatch.setattr(operations, "hmac_sha256", lambda label, data: macs.append(label) or real(label, data))

    def cost(user_id, given):
        macs.clear()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            begun(user_id, phone, now=now, **given)
        return [query["sql"].split()[0:1] for query in queries], list(macs)

    for given in ({"code": "333333WRONGWRO"}, {"token": "noget"}):
        assert cost(resident.user_id, given) == cost("findes slet ikke", given)
    assert cost(resident.user_id, {"code": code[:6] + STRANGERS_GUESS})[1] == cost("findes ikke", {"code": code})[1]


def test_aut_1_a_fourth_app_is_refused(resident, phone, now):
    """AUT-1: from the second on each after an hour, as no more than three temporary PINs are sent in one."""
    apps = [an_app(resident, now=now) for _ in range(3)]
    later = now + 2 * HOUR
    code = an_app_code(resident.identity_id, now=later)
    begun(resident.user_id, phone, code=code, now=later)
    assert reasons_logged(resident.identity_id) == ["at_most"]
    App.objects.filter(pk=apps[0].id).update(state=AuthenticatorState.SUSPENDED, suspended_by=BlockSource.CITIZEN)
    begun(resident.user_id, phone, code=code, now=later)
    assert reasons_logged(resident.identity_id) == ["at_most"] * 2
    App.objects.filter(pk=apps[0].id).update(state=AuthenticatorState.BLOCKED, blocked_at=later, suspended_by=None)
    enrolment = begun(resident.user_id, phone, code=code, now=later)
    sms = temporary_pins_sent(resident.identity_id)[0]
    assert isinstance(completed(enrolment, phone, sms, now=later), AppActivated)


def test_sec_7_no_temporary_pin_goes_to_a_phone_changed_in_the_last_120_hours(resident, phone, code, now):
    """SEC-7."""
    changes_phone(resident, now)
    begun(resident.user_id, phone, code=code, now=now + HOUR)
    assert temporary_pins_sent(resident.identity_id) == []
    assert reasons_logged(resident.identity_id) == ["phone_too_new"]
    at = now + timedelta(hours=120)
    later = an_app_code(resident.identity_id, now=at)
    begun(resident.user_id, phone, code=later, now=at - SECOND)
    assert temporary_pins_sent(resident.identity_id) == []
    begun(resident.user_id, phone, code=later, now=at)
    assert len(temporary_pins_sent(resident.identity_id)) == 1


def test_without_a_phone_there_is_no_second_channel(resident, phone, code, now):
    """SEC-5."""
    ContactPoint.objects.filter(kind=ContactKind.PHONE).update(state="replaced", replaced_at=now)
    begun(resident.user_id, phone, code=code, now=now)
    assert reasons_logged(resident.identity_id) == ["no_phone"]


def test_try_2_who_found_a_code_sends_no_more_than_three_temporary_pins_an_hour(resident, phone, code, now):
    """TRY-2."""
    for minute in range(50):
        begun(resident.user_id, phone, code=code, now=now + minute * MINUTE)
    assert len(temporary_pins_sent(resident.identity_id)) == 3
    assert reasons_logged(resident.identity_id)[0] == "too_many_pins"
    begun(resident.user_id, phone, code=code, now=now + HOUR)
    assert len(temporary_pins_sent(resident.identity_id)) == 4


def test_sup_2_support_sends_a_fresh_temporary_pin_and_the_one_before_is_dead(resident, phone, enrolment, sms, now):
    """SUP-2, SEC-5."""
    for _ in range(2):
        completed(enrolment, phone, other_than(sms), now=now)
    at = now + 20 * MINUTE
    assert resent(resident, at) == PinSent(expires_at=at + 30 * MINUTE)
    fresh = temporary_pins_sent(resident.identity_id)[0]
    assert completed(enrolment, phone, sms, now=at) == refused("wrong_pin")
    assert isinstance(completed(enrolment, phone, fresh, now=at + 29 * MINUTE), AppActivated)


def test_sup_2_support_too_sends_no_more_than_three_an_hour_and_none_for_nothing(resident, phone, code, now):
    """SUP-2, TRY-2, SEC-7."""
    assert resent(resident, now) == PinNotSent(PinNotSentReason.NO_ENROLMENT)
    begun(resident.user_id, phone, code=code, now=now)
    assert [type(resent(resident, now)) for _ in range(2)] == [PinSent, PinSent]
    assert resent(resident, now) == PinNotSent(PinNotSentReason.TOO_MANY_PINS)
    begun(resident.user_id, phone, code=code, now=now)
    assert len(temporary_pins_sent(resident.identity_id)) == 3
    assert resent(resident, now + 30 * MINUTE) == PinNotSent(PinNotSentReason.NO_ENROLMENT)


def test_sec_7_support_sends_none_to_a_new_phone_or_to_no_phone(resident, enrolment, now):
    """SEC-7, SUP-2."""
    changes_phone(resident, now)
    assert resent(resident, now) == PinNotSent(PinNotSentReason.PHONE_TOO_NEW)
    ContactPoint.objects.filter(kind=ContactKind.PHONE).update(state="replaced", replaced_at=now)
    assert resent(resident, now) == PinNotSent(PinNotSentReason.NO_PHONE)


def test_enrolments_of_nobody_are_forgotten_once_they_ran_out(resident, phone, enrolment, now):
    nobodys = begun("findes slet ikke", phone, code="333333WRONGWRO", now=now)
    with transaction.atomic():
        assert forget_old_enrolments(before=nobodys.expires_at) == 0
        assert forget_old_enrolments(before=nobodys.expires_at + SECOND) == 1
    assert AppEnrolment.objects.get().pk == enrolment.enrolment_id


def spki(public_key):
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "device_key",
    [
        b"",
        b"no key at all",
        spki(ec.generate_private_key(ec.SECP384R1()).public_key()),
        spki(ed25519.Ed25519PrivateKey.generate().public_key()),
    ],
    ids=["nothing", "no key", "another curve", "another algorithm"],
)
def test_what_is_no_p_256_key_is_a_fault_of_the_caller(resident, now, device_key):
    with pytest.raises(ValueError, match="key"), transaction.atomic():
        begin_app_enrolment(
            user_id=resident.user_id,
            activation_code="x",
            copy_token=None,
            device_key=device_key,
            installation_id=uuid4(),
            platform=AppPlatform.OTHER,
            actor=Actor.visitor(),
            now=now,
        )


def test_a_key_written_with_a_compressed_point_is_the_same_key():
    """RFC 5480 section 2.2."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    compressed = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    head = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200")
    assert normal_device_key(head + compressed) == normal_device_key(spki(key)) == spki(key)
