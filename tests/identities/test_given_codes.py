"""Activation codes that are given: to whom, over what, and when not (SEC-4, SEC-7, AUT-1, LVL-2)."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import EventKind, events_about
from identities.api import (
    AssuranceLevel,
    AuthenticatorKind,
    BlockReason,
    BlockSource,
    CodeCarrier,
    CodeGiven,
    CodeNotGiven,
    CodeNotGivenReason,
    block_identity,
    give_activation_code,
    hand_out_code_device,
    phone_is_too_new,
)
from identities.models import ActivationCode, App, Chip, ContactPoint
from identities.rules.halves import NEVER_BY_SMS
from identities.rules.limits import AT_MOST, is_at_most
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from tests.factories.authenticators import a_chip_row, a_phone_changed_at, a_visit_long_past, an_app_row
from tests.factories.identities import a_device, a_resident, an_issued_identity, an_officer, texts_sent

pytestmark = pytest.mark.django_db
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
LOW, SUBSTANTIAL, HIGH = AssuranceLevel
APP, CHIP, PASSWORD = AuthenticatorKind.APP, AuthenticatorKind.CHIP, AuthenticatorKind.PASSWORD
PAPER, SMS = CodeCarrier.PAPER, CodeCarrier.SMS


def give(identity_id, now, *, kind=AuthenticatorKind.APP, carrier=None, proven_level=None):
    carrier = carrier or (CodeCarrier.PAPER if kind in NEVER_BY_SMS else CodeCarrier.SMS)
    with transaction.atomic():
        return give_activation_code(
            identity_id=identity_id, kind=kind, carrier=carrier, proven_level=proven_level, actor=an_officer(), now=now
        )


def hand_out(serial, identity_id, now, proven_level=HIGH):
    with transaction.atomic():
        return hand_out_code_device(
            serial=serial, identity_id=identity_id, proven_level=proven_level, actor=an_officer(), now=now
        )


def not_given(reason):
    return CodeNotGiven(reason=CodeNotGivenReason(reason))


def test_by_sms_it_is_in_one_message_to_the_phone_and_nowhere_else(now):
    """SEC-4, ALR-2."""
    resident = a_resident(now=now)
    given = give(resident.identity_id, now, kind=AuthenticatorKind.PASSWORD)
    assert given == CodeGiven(text=None, expires_at=now + timedelta(minutes=30))
    sent = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.ACTIVATION_CODE)
    assert [row.channel for row in sent] == [Channel.SMS]
    [text] = texts_sent(reference=resident.identity_id, kind=MessageKind.ACTIVATION_CODE)
    code = ActivationCode.objects.get(state="open")
    assert code.number in re.sub(r"[\s-]", "", text)
    alerts = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.CODE_ISSUED, created_at=now)
    assert sorted(row.channel for row in alerts) == [Channel.EMAIL, Channel.SMS]
    [event, *_] = events_about(subject_id=resident.identity_id, limit=1)
    assert event.kind is EventKind.ACTIVATION_CODE_ISSUED
    assert event.facts["authenticator"] == "password"


@pytest.mark.parametrize("carrier", [CodeCarrier.PAPER, CodeCarrier.SCREEN])
def test_on_paper_and_screen_it_is_in_the_answer_alone(now, carrier):
    """SEC-4."""
    resident = a_resident(now=now)
    given = give(resident.identity_id, now, carrier=carrier)
    assert isinstance(given, CodeGiven)
    assert re.fullmatch(r"[34679A-Z]{14}", given.text)
    assert given.text not in repr(given)
    assert not Delivery.objects.filter(kind=MessageKind.ACTIVATION_CODE).exists()


@pytest.mark.parametrize(
    ("level", "carrier", "proven_level", "reaches"),
    [
        (HIGH, CodeCarrier.PAPER, HIGH, HIGH),
        (HIGH, CodeCarrier.PAPER, SUBSTANTIAL, SUBSTANTIAL),
        (HIGH, CodeCarrier.PAPER, LOW, LOW),
        (SUBSTANTIAL, CodeCarrier.PAPER, LOW, LOW),
        (HIGH, CodeCarrier.PAPER, None, SUBSTANTIAL),
        (HIGH, CodeCarrier.SCREEN, HIGH, SUBSTANTIAL),
        (HIGH, CodeCarrier.SMS, HIGH, SUBSTANTIAL),
        (HIGH, CodeCarrier.SMS, LOW, LOW),
        (SUBSTANTIAL, CodeCarrier.PAPER, HIGH, SUBSTANTIAL),
        (LOW, CodeCarrier.SMS, None, LOW),
    ],
)
def test_lvl_2_a_code_reaches_what_was_proven_and_only_paper_in_person_high(now, level, carrier, proven_level, reaches):
    """LVL-2, REG-5."""
    identity_id, *_ = an_issued_identity(now=now, level=level)
    kind = AuthenticatorKind.PASSWORD
    assert isinstance(give(identity_id, now, kind=kind, carrier=carrier, proven_level=proven_level), CodeGiven)
    assert ActivationCode.objects.get().enrolled_level == reaches


@pytest.mark.parametrize("proven_level", [LOW, SUBSTANTIAL])
def test_lvl_2_a_device_reaches_what_was_proven_when_it_was_handed_out(now, proven_level):
    """LVL-2, REG-5."""
    identity_id, *_ = an_issued_identity(now=now, level=HIGH)
    hand_out(a_device().serial, identity_id, now, proven_level=proven_level)
    assert ActivationCode.objects.get().enrolled_level == proven_level


def test_sec_5_no_code_for_an_app_goes_by_sms_for_its_second_one_does(now):
    """SEC-5: two channels are two."""
    resident = a_resident(now=now)
    refused = give(resident.identity_id, now, carrier=CodeCarrier.SMS, proven_level=HIGH)
    assert refused == not_given("same_channel")
    assert not Delivery.objects.filter(kind=MessageKind.ACTIVATION_CODE).exists()


def test_sec_7_no_code_goes_to_a_phone_changed_in_the_last_120_hours(now):
    """SEC-7."""
    resident = a_resident(now=now)
    a_phone_changed_at(resident.identity_id, now - 120 * HOUR + TICK)
    kind = AuthenticatorKind.PASSWORD
    assert give(resident.identity_id, now, kind=kind) == not_given("phone_too_new")
    [event, *_] = events_about(subject_id=resident.identity_id, limit=1)
    assert event.kind is EventKind.ACTIVATION_CODE_REFUSED
    assert not ActivationCode.objects.filter(state="open").exists()
    assert isinstance(give(resident.identity_id, now + TICK, kind=kind), CodeGiven)


def test_sec_7_the_first_phone_was_registered_in_person_and_is_never_too_new(now):
    """SEC-7."""
    identity_id, *_ = an_issued_identity(now=now)
    assert isinstance(give(identity_id, now, kind=AuthenticatorKind.PASSWORD), CodeGiven)
    assert not phone_is_too_new(registered_at=now, is_first=True, now=now)


@pytest.mark.parametrize("hours", [71, 72])
def test_sec_7_paper_for_an_app_is_given_if_its_second_code_can_arrive_while_it_lives(now, hours):
    """SEC-5, SEC-7: 48 hours on paper and 72 of the phone are 120."""
    resident = a_resident(now=now)
    a_phone_changed_at(resident.identity_id, now - hours * HOUR)
    given = give(resident.identity_id, now, carrier=CodeCarrier.PAPER, proven_level=HIGH)
    assert given == not_given("phone_too_new") if hours == 71 else isinstance(given, CodeGiven)
    paper = give(
        resident.identity_id, now, kind=AuthenticatorKind.PASSWORD, carrier=CodeCarrier.PAPER, proven_level=HIGH
    )
    assert isinstance(paper, CodeGiven)  # goes to no phone


def test_who_has_no_phone_gets_nothing_by_sms_and_no_app(now):
    """SEC-5."""
    resident = a_resident(now=now)
    ContactPoint.objects.filter(kind="phone").delete()
    assert give(resident.identity_id, now, kind=AuthenticatorKind.PASSWORD) == not_given("no_phone")
    assert give(resident.identity_id, now, carrier=CodeCarrier.PAPER) == not_given("no_phone")
    paper = give(resident.identity_id, now, kind=AuthenticatorKind.PASSWORD, carrier=CodeCarrier.PAPER)
    assert isinstance(paper, CodeGiven)


def test_aut_1_three_apps_and_one_chip_at_most_suspended_ones_too(now):
    """AUT-1."""
    identity_id = a_resident(now=now).identity_id
    a_visit_long_past(identity_id)
    for _ in range(2):
        an_app_row(identity_id, now=now)
    assert isinstance(give(identity_id, now), CodeGiven)
    an_app_row(identity_id, now=now)
    App.objects.update(state="suspended", suspended_by="support")
    assert give(identity_id, now) == not_given("at_most")
    last = App.objects.latest("id")
    App.objects.filter(pk=last.pk).update(state="blocked", suspended_by=None, blocked_at=now)
    assert isinstance(give(identity_id, now), CodeGiven)
    assert isinstance(give(identity_id, now, kind=AuthenticatorKind.CHIP), CodeGiven)
    a_chip_row(identity_id, now=now)
    assert give(identity_id, now, kind=AuthenticatorKind.CHIP) == not_given("at_most")
    Chip.objects.update(state="blocked", blocked_at=now)
    assert isinstance(give(identity_id, now, kind=AuthenticatorKind.CHIP), CodeGiven)


@pytest.mark.parametrize("kind", list(AuthenticatorKind))
def test_aut_1_the_limits_as_published(kind):
    """AUT-1."""
    assert AT_MOST[kind] == (3 if kind is AuthenticatorKind.APP else 1)
    is_replaced = kind not in {AuthenticatorKind.APP, AuthenticatorKind.CHIP}
    assert is_at_most(kind, held=AT_MOST[kind]) is not is_replaced
    assert not is_at_most(kind, held=AT_MOST[kind] - 1)


def test_a_blocked_identity_gets_nothing(now):
    """BLK-1."""
    resident = a_resident(now=now)
    with transaction.atomic():
        block_identity(
            identity_id=resident.identity_id,
            source=BlockSource.RA,
            reason=BlockReason.LOST_DEVICE,
            actor=an_officer(),
            now=now,
        )
    assert give(resident.identity_id, now) == not_given("blocked")


def test_a_code_for_a_code_device_is_for_the_one_in_the_citizens_hands(now):
    """SEC-4, SUP-2."""
    resident = a_resident(now=now)
    kind = AuthenticatorKind.CODE_DISPLAY
    assert give(resident.identity_id, now, kind=kind) == not_given("no_device")
    device = a_device()
    hand_out(device.serial, resident.identity_id, now)
    assert give(resident.identity_id, now, kind=AuthenticatorKind.AUDIO_READER) == not_given("no_device")
    assert isinstance(give(resident.identity_id, now, kind=kind), CodeGiven)
    code = ActivationCode.objects.get(state="open")
    assert (code.device.serial, code.carrier) == (device.serial, CodeCarrier.SMS)
    stranger = a_resident(now=now)
    assert give(stranger.identity_id, now, kind=kind) == not_given("no_device")


def test_sec_4_the_code_before_is_dead_and_one_of_another_kind_is_not(now):
    """SEC-4."""
    resident = a_resident(now=now)
    a_visit_long_past(resident.identity_id)
    for kind in (AuthenticatorKind.APP, AuthenticatorKind.CHIP, AuthenticatorKind.APP):
        assert isinstance(give(resident.identity_id, now, kind=kind), CodeGiven)
    states = ActivationCode.objects.exclude(kind="code_display").order_by("issued_at", "id")
    assert [(row.kind, row.state) for row in states] == [("app", "dead"), ("chip", "open"), ("app", "open")]


def test_nobody_gets_no_code(now):
    with pytest.raises(ActivationCode.identity.field.related_model.DoesNotExist):
        give(uuid7(), now)
