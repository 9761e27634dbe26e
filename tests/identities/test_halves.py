"""The two halves of a log-in do not come the same way: the codes of chips, passwords and devices (SEC-4, ADR 0111)."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import Actor, EventKind, events_about
from identities.api import (
    Activated,
    ActivationRefusal,
    ActivationRefused,
    AssuranceLevel,
    AuthenticatorKind,
    CodeCarrier,
    CodeGiven,
    CodeNotGiven,
    CodeNotGivenReason,
    DeviceRefusal,
    DeviceRefused,
    HandedOut,
    accept_password,
    activate_code_device,
    activate_password,
    give_activation_code,
    hand_out_code_device,
)
from identities.models import ActivationCode, CodeDevice, Identity, PasswordFactor
from identities.rules.halves import (
    APART_FOR,
    MAKE_A_PASSWORD,
    other_halves,
    takes_the_place_of_a_password,
)
from identities.states import CODE_DEVICES, BlockSource, PasswordState
from notifications.api import MessageKind
from tests.factories.authenticators import a_visit_long_past
from tests.factories.identities import PASSWORD, a_device, a_resident, an_issued_identity, an_officer, texts_sent

pytestmark = pytest.mark.django_db
APP, CHIP, KEY = AuthenticatorKind.APP, AuthenticatorKind.CHIP, AuthenticatorKind.PASSWORD
DISPLAY = AuthenticatorKind.CODE_DISPLAY
PAPER, SMS, SCREEN = CodeCarrier.PAPER, CodeCarrier.SMS, CodeCarrier.SCREEN
HIGH, TICK = AssuranceLevel.HIGH, timedelta(microseconds=1)
NEW = "Grøn-Giraf-Gynger-4"
OTHERS = [source for source in BlockSource if source is not BlockSource.CITIZEN]


def give(identity_id, kind, carrier, now):
    with transaction.atomic():
        return give_activation_code(
            identity_id=identity_id, kind=kind, carrier=carrier, proven_level=HIGH, actor=an_officer(), now=now
        )


def hand_out(identity_id, now, serial=None):
    serial = serial or a_device().serial
    with transaction.atomic():
        return hand_out_code_device(
            serial=serial, identity_id=identity_id, proven_level=HIGH, actor=an_officer(), now=now
        )


def not_given(reason):
    return CodeNotGiven(CodeNotGivenReason(reason))


def choose(user_id, code, now):
    with transaction.atomic():
        return activate_password(user_id=user_id, activation_code=code, password=NEW, actor=Actor.visitor(), now=now)


def activate(user_id, code, device, now, password=NEW):
    with transaction.atomic():
        return activate_code_device(
            user_id=user_id,
            activation_code=code,
            device_code=device.code(now),
            password=password,
            actor=Actor.visitor(),
            now=now,
        )


def opens(identity_id, password, at):
    with transaction.atomic():
        return accept_password(identity_id=identity_id, typed=password, actor=Actor.visitor(), now=at)


def code_by_sms(resident):
    """Read the newest activation code on the phone."""
    text = texts_sent(reference=resident.identity_id, kind=MessageKind.ACTIVATION_CODE)[0]
    number = ActivationCode.objects.filter(identity_id=resident.identity_id, state="open").latest("issued_at").number
    return text[text.index(number) :].split()[0].rstrip(".")


@pytest.mark.parametrize("kind", list(AuthenticatorKind))
def test_which_codes_stay_apart(kind):
    """SEC-4, SEC-5."""
    assert other_halves(kind, SCREEN) == frozenset()
    expected = {
        APP: (frozenset(), frozenset()),
        CHIP: (MAKE_A_PASSWORD, MAKE_A_PASSWORD),
        KEY: ({CHIP}, CODE_DEVICES),
    }.get(kind, ({CHIP}, {KEY}))
    assert (other_halves(kind, PAPER), other_halves(kind, SMS)) == expected


@pytest.mark.parametrize("carrier", [PAPER, SCREEN])
def test_sec_4_without_a_password_there_is_no_code_for_a_chip(now, carrier):
    """SEC-4: it would make both factors, or be worth nothing."""
    identity_id, *_ = an_issued_identity(now=now)
    assert give(identity_id, CHIP, carrier, now) == not_given("needs_password")
    [event, *_] = events_about(subject_id=identity_id, limit=1)
    assert (event.kind, event.facts["reason"]) == (EventKind.ACTIVATION_CODE_REFUSED, "needs_password")
    resident = a_resident(now=now)
    a_visit_long_past(resident.identity_id)
    PasswordFactor.objects.filter(pk=resident.identity_id).update(state="blocked", blocked_at=now)
    assert give(resident.identity_id, CHIP, carrier, now) == not_given("needs_password")


def test_sec_4_a_chips_code_never_goes_by_sms(now):
    """SEC-4, SUP-2."""
    resident = a_resident(now=now)
    assert give(resident.identity_id, CHIP, SMS, now) == not_given("same_channel")


@pytest.mark.parametrize("first", [KEY, DISPLAY])
def test_sec_4_one_visit_gives_a_chips_code_or_what_makes_a_password(now, first):
    """SEC-4: not together, not within 120 hours of its use, and in neither order."""
    resident = a_resident(now=now)
    identity_id = resident.identity_id
    assert give(identity_id, CHIP, PAPER, now) == not_given("other_half")  # the device's paper of an hour ago
    a_visit_long_past(identity_id)
    if first is KEY:
        assert isinstance(give(identity_id, KEY, PAPER, now), CodeGiven)
    else:
        assert isinstance(hand_out(identity_id, now), HandedOut)
    assert give(identity_id, CHIP, PAPER, now) == not_given("other_half")
    assert isinstance(give(identity_id, CHIP, PAPER, now + timedelta(hours=48)), CodeGiven)  # that paper has run out
    stocked = a_device().serial
    again = now + timedelta(hours=48)
    assert give(identity_id, KEY, PAPER, again) == not_given("other_half")
    assert hand_out(identity_id, again, stocked) == DeviceRefused(DeviceRefusal.OTHER_HALF)
    assert CodeDevice.objects.get(serial=stocked).state == "in_stock"
    assert isinstance(give(identity_id, KEY, SMS, again), CodeGiven)  # two channels are two


def test_sec_4_a_password_from_paper_is_of_another_visit_after_120_hours(now):
    """SEC-4."""
    resident = a_resident(now=now)
    a_visit_long_past(resident.identity_id)
    given = give(resident.identity_id, KEY, PAPER, now)
    assert choose(resident.user_id, given.text, now) == Activated(resident.identity_id)
    assert give(resident.identity_id, CHIP, PAPER, now + APART_FOR - TICK) == not_given("other_half")
    assert isinstance(give(resident.identity_id, CHIP, PAPER, now + APART_FOR), CodeGiven)


def test_sec_4_a_phone_alone_gets_not_both_the_devices_and_the_passwords_code(now):
    """SEC-4, SUP-2: neither while the other can be typed, nor in the 120 hours after it was."""
    resident = a_resident(now=now)
    identity_id, device = resident.identity_id, a_device()
    assert isinstance(hand_out(identity_id, now, device.serial), HandedOut)
    assert isinstance(give(identity_id, KEY, SMS, now), CodeGiven)
    assert give(identity_id, DISPLAY, SMS, now) == not_given("other_half")
    later = now + timedelta(minutes=30)
    assert isinstance(give(identity_id, DISPLAY, SMS, later), CodeGiven)
    assert give(identity_id, KEY, SMS, later) == not_given("other_half")
    assert isinstance(activate(resident.user_id, code_by_sms(resident), device, later), Activated)
    assert give(identity_id, KEY, SMS, later + APART_FOR - TICK) == not_given("other_half")
    assert isinstance(give(identity_id, KEY, SMS, later + APART_FOR), CodeGiven)


@pytest.mark.parametrize("carrier", [PAPER, SMS])
def test_sec_4_a_devices_code_by_sms_leaves_a_password_that_stands_alone(now, carrier):
    """SEC-4: a device that was stolen on the way home, and the phone, are not a password too."""
    resident, device = a_resident(now=now), a_device()
    handed = hand_out(resident.identity_id, now, device.serial)
    code = handed.activation_code
    if carrier is SMS:
        assert isinstance(give(resident.identity_id, DISPLAY, SMS, now), CodeGiven)
        code = code_by_sms(resident)
    outcome = activate(resident.user_id, code, device, now)
    assert outcome == Activated(resident.identity_id, keeps_password=carrier is SMS)
    assert opens(resident.identity_id, PASSWORD if carrier is SMS else NEW, now)
    assert not opens(resident.identity_id, NEW if carrier is SMS else PASSWORD, now)
    told = texts_sent(reference=resident.identity_id, kind=MessageKind.AUTHENTICATOR_ACTIVATED)
    assert len(told) == 2 * (2 if carrier is SMS else 3)  # two channels: the first device, this one, the password


def test_sec_4_a_devices_code_by_sms_makes_the_first_password(now):
    """SEC-2: without one the device opens nothing."""
    identity_id, user_id, *_ = an_issued_identity(now=now)
    device = a_device()
    hand_out(identity_id, now, device.serial)
    assert isinstance(give(identity_id, DISPLAY, SMS, now), CodeGiven)
    resident = a_resident(now=now)
    text = texts_sent(reference=identity_id, kind=MessageKind.ACTIVATION_CODE)[0]
    number = ActivationCode.objects.get(identity_id=identity_id, state="open").number
    code = text[text.index(number) :].split()[0].rstrip(".")
    assert activate(user_id, code, device, now) == Activated(identity_id)
    assert opens(identity_id, NEW, now)
    assert not opens(resident.identity_id, NEW, now)


def stop_password(identity_id, state, source, now):
    blocked_at = now if state is PasswordState.BLOCKED else None
    PasswordFactor.objects.filter(pk=identity_id).update(state=state, suspended_by=source, blocked_at=blocked_at)


@pytest.mark.parametrize(
    ("state", "source"),
    [(PasswordState.BLOCKED, None), *((PasswordState.SUSPENDED, source) for source in OTHERS)],
)
def test_blk_3_a_devices_activation_lifts_nothing_that_the_citizen_did_not_do(now, state, source):
    """BLK-3, AUT-1: the device is theirs, the password stays stopped."""
    resident, device = a_resident(now=now), a_device()
    stop_password(resident.identity_id, state, source, now)
    before = Identity.objects.get(pk=resident.identity_id).password
    handed = hand_out(resident.identity_id, now, device.serial)
    outcome = activate(resident.user_id, handed.activation_code, device, now)
    assert outcome == Activated(resident.identity_id, keeps_password=True)
    factor = PasswordFactor.objects.get(pk=resident.identity_id)
    assert (factor.state, factor.suspended_by) == (state, source)
    assert Identity.objects.get(pk=resident.identity_id).password == before
    assert CodeDevice.objects.get(serial=device.serial).state == "active"


def test_blk_3_a_citizens_own_suspension_ends_with_the_password_that_a_new_device_brings(now):
    """BLK-3."""
    resident, device = a_resident(now=now), a_device()
    stop_password(resident.identity_id, PasswordState.SUSPENDED, BlockSource.CITIZEN, now)
    handed = hand_out(resident.identity_id, now, device.serial)
    assert activate(resident.user_id, handed.activation_code, device, now) == Activated(resident.identity_id)
    assert opens(resident.identity_id, NEW, now)


@pytest.mark.parametrize("source", OTHERS)
@pytest.mark.parametrize("carrier", [PAPER, SMS])
def test_blk_3_what_others_suspended_gets_no_code_and_takes_none(now, source, carrier):
    """BLK-3."""
    resident = a_resident(now=now)
    given = give(resident.identity_id, KEY, PAPER, now)
    stop_password(resident.identity_id, PasswordState.SUSPENDED, source, now)
    assert give(resident.identity_id, KEY, carrier, now) == not_given("suspended")
    assert choose(resident.user_id, given.text, now) == ActivationRefused(ActivationRefusal.SUSPENDED)
    assert PasswordFactor.objects.get(pk=resident.identity_id).suspended_by == source
    assert ActivationCode.objects.get(kind="password").state == "open"


def test_blk_3_what_the_citizen_suspended_comes_back_with_a_code(now):
    """BLK-3, AUT-1."""
    resident = a_resident(now=now)
    stop_password(resident.identity_id, PasswordState.SUSPENDED, BlockSource.CITIZEN, now)
    given = give(resident.identity_id, KEY, PAPER, now)
    assert choose(resident.user_id, given.text, now) == Activated(resident.identity_id)
    assert opens(resident.identity_id, NEW, now)


@pytest.mark.parametrize("carrier", list(CodeCarrier))
@pytest.mark.parametrize("state", [None, *PasswordState])
@pytest.mark.parametrize("source", [None, *BlockSource])
def test_a_password_gives_way_to_the_paper_of_a_hand_out_alone(carrier, state, source):
    """SEC-4, BLK-3, AUT-1."""
    is_free = state is PasswordState.ACTIVE or (state is PasswordState.SUSPENDED and source is BlockSource.CITIZEN)
    takes = takes_the_place_of_a_password(carrier=carrier, state=state, suspended_by=source)
    assert takes is (state is None or (carrier is PAPER and is_free))
