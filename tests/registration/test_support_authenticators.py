"""What support does with a caller's authenticators: block one, send codes, find a clock."""

from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import EventKind
from identities.api import (
    CODE_DEVICES,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockReason,
    BlockSource,
    CodeGiven,
    CodeNotGivenReason,
    PinSent,
    authenticator_of,
    block_identity,
    hand_out_code_device,
)
from identities.models import ActivationCode, PasswordFactor
from identities.states import ActivationCodeState, AssuranceLevel
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from registration.queries import call_of
from registration.rules.support import CALL_LASTS, SupportRefusal
from registration.texts import CODES_NOT_GIVEN, HAND_OUT_REFUSALS, SENT_KINDS, SUPPORT_REFUSALS
from registration.usecases.block_authenticator_for_caller import block_authenticator_for_caller
from registration.usecases.block_for_caller import Blocked
from registration.usecases.hand_out_device import HandOutRefusal
from registration.usecases.results import SupportRefused
from registration.usecases.resync_for_caller import resync_for_caller
from registration.usecases.resync_in_case import ClockFound
from registration.usecases.send_code_for_caller import WHY, send_code_for_caller
from registration.usecases.send_pin_for_caller import send_pin_for_caller
from tests.factories.apps import Phone, an_app_code, begun, temporary_pins_sent
from tests.factories.authenticators import a_phone_changed_at, an_app_row
from tests.factories.identities import a_device, a_resident, an_officer
from tests.factories.registration import a_call_about, a_support_agent, identified
from tests.registration.clerks import alerts, as_person, events

pytestmark = pytest.mark.django_db
STEP = timedelta(seconds=30)


@pytest.fixture
def agent(now):
    return a_support_agent(now=now)


@pytest.fixture
def resident(person, now):
    return a_resident(now=now, person=as_person(person))


@pytest.fixture
def call_id(agent, person, resident, now):
    return a_call_about(agent, person.cpr_number, now=now)


def send_code(agent, call_id, now, kind=AuthenticatorKind.PASSWORD):
    return send_code_for_caller(officer_id=agent.id, call_id=call_id, kind=kind, now=now)


def send_pin(agent, call_id, now):
    return send_pin_for_caller(officer_id=agent.id, call_id=call_id, now=now)


def resync(agent, call_id, device, there, now):
    return resync_for_caller(
        officer_id=agent.id,
        call_id=call_id,
        first_code=device.code(there - STEP),
        second_code=device.code(there),
        now=now,
    )


def block_one(agent, call_id, app_id, now):
    return block_authenticator_for_caller(
        officer_id=agent.id,
        call_id=call_id,
        kind=AuthenticatorKind.APP,
        authenticator_id=app_id,
        reason=AuthenticatorBlockReason.LOST_DEVICE,
        now=now,
    )


def refused(act):
    return [one.facts["reason"] for one in events(EventKind.SUPPORT_REFUSED) if one.facts["act"] == act]


def test_sup_1_one_authenticator_is_blocked_for_whoever_calls(agent, call_id, resident, now):
    """SUP-1, BLK-1, ALR-2: what it is on is not shown to who proved nothing."""
    app = an_app_row(resident.identity_id, now=now)
    lines = call_of(call_id, officer_id=agent.id, now=now).authenticators
    assert {line.label for line in lines} == {""}
    assert block_one(agent, call_id, app.id, now) == Blocked()
    view = authenticator_of(resident.identity_id, kind=AuthenticatorKind.APP, authenticator_id=app.id)
    assert view.state is AuthenticatorState.BLOCKED
    assert len(alerts(resident.identity_id, MessageKind.AUTHENTICATOR_BLOCKED)) >= 2
    assert events(EventKind.AUTHENTICATOR_BLOCKED)[0].actor_id == agent.id
    for pk in (app.id, uuid7(), an_app_row(agent.who.identity_id, now=now).id):
        assert block_one(agent, call_id, pk, now) == SupportRefused(SupportRefusal.AUTHENTICATOR_GONE)
    assert refused("block_authenticator") == ["authenticator_gone"] * 3


def test_sup_2_a_code_goes_by_sms_to_an_identified_caller(agent, call_id, resident, now):
    """SUP-1, SUP-2, SEC-4, ALR-2: the agent sees no code; what it activates is not HIGH."""
    assert send_code(agent, call_id, now) == SupportRefused(SupportRefusal.NOT_IDENTIFIED)
    identified(call_id, now=now)
    assert send_code(agent, call_id, now) == CodeGiven(text=None, expires_at=now + timedelta(minutes=30))
    sent = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.ACTIVATION_CODE)
    assert [row.channel for row in sent] == [Channel.SMS]
    code = ActivationCode.objects.get(identity_id=resident.identity_id, state=ActivationCodeState.OPEN)
    assert (code.kind, code.carrier, code.enrolled_level) == ("password", "sms", AssuranceLevel.SUBSTANTIAL)
    told = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.CODE_ISSUED, created_at=now)
    assert sorted(row.channel for row in told) == [Channel.EMAIL, Channel.SMS]
    assert events(EventKind.ACTIVATION_CODE_ISSUED)[-1].actor_id == agent.id


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (AuthenticatorKind.APP, SupportRefusal.SAME_CHANNEL),
        (AuthenticatorKind.CHIP, SupportRefusal.SAME_CHANNEL),
        (AuthenticatorKind.AUDIO_READER, SupportRefusal.NO_DEVICE),
        (AuthenticatorKind.CODE_DISPLAY, SupportRefusal.NO_DEVICE),
    ],
)
def test_sec_5_what_is_not_sent_is_said_and_leaves_a_trace(agent, call_id, now, kind, reason):
    """SEC-5."""
    identified(call_id, now=now)
    assert send_code(agent, call_id, now, kind) == SupportRefused(reason)
    assert refused("send_code") == [reason.value]
    assert not Delivery.objects.filter(kind=MessageKind.ACTIVATION_CODE).exists()


def test_sec_4_one_phone_gets_not_the_password_and_the_device_that_goes_with_it(agent, call_id, resident, now):
    """SEC-4, SUP-2: whoever has the number, and passes the questions, has not the identity yet (ADR 0111)."""
    identified(call_id, now=now)
    device = a_device()
    with transaction.atomic():
        hand_out_code_device(
            serial=device.serial,
            identity_id=resident.identity_id,
            proven_level=AssuranceLevel.HIGH,
            actor=an_officer(),
            now=now,
        )
    assert isinstance(send_code(agent, call_id, now, AuthenticatorKind.CODE_DISPLAY), CodeGiven)
    assert send_code(agent, call_id, now) == SupportRefused(SupportRefusal.OTHER_HALF)
    PasswordFactor.objects.update(state="suspended", suspended_by="ra")
    assert send_code(agent, call_id, now) == SupportRefused(SupportRefusal.SUSPENDED)
    assert refused("send_code") == ["other_half", "suspended"]
    assert not ActivationCode.objects.filter(kind="password").exists()


def test_sup_2_support_chooses_among_what_may_go_by_sms():
    """SUP-2, SEC-5."""
    assert set(SENT_KINDS) == {AuthenticatorKind.PASSWORD, *CODE_DEVICES}
    assert set(WHY) == set(CodeNotGivenReason)
    assert set(CODES_NOT_GIVEN) == set(CodeNotGivenReason)
    assert set(SUPPORT_REFUSALS) == set(SupportRefusal)
    assert set(HAND_OUT_REFUSALS) == set(HandOutRefusal)


def test_sec_7_nothing_goes_to_a_phone_of_less_than_120_hours(agent, call_id, resident, now):
    """SEC-7."""
    identified(call_id, now=now)
    begun(resident.user_id, Phone(), code=an_app_code(resident.identity_id, now=now), now=now)
    before = temporary_pins_sent(resident.identity_id)
    a_phone_changed_at(resident.identity_id, now - timedelta(hours=120) + timedelta(seconds=1))
    assert send_code(agent, call_id, now) == SupportRefused(SupportRefusal.PHONE_TOO_NEW)
    assert send_pin(agent, call_id, now) == SupportRefused(SupportRefusal.PHONE_TOO_NEW)
    assert temporary_pins_sent(resident.identity_id) == before
    assert refused("send_code") == refused("send_pin") == ["phone_too_new"]
    later = now + timedelta(seconds=1)
    assert isinstance(send_code(agent, call_id, later), CodeGiven)


def test_sup_2_a_temporary_pin_is_sent_again_for_an_app_on_its_way(agent, call_id, resident, now):
    """SUP-2, SEC-5, SUP-3: three an hour, and the citizen is told that support did it."""
    assert send_pin(agent, call_id, now) == SupportRefused(SupportRefusal.NOT_IDENTIFIED)
    identified(call_id, now=now)
    assert send_pin(agent, call_id, now) == SupportRefused(SupportRefusal.NO_ENROLMENT)
    begun(resident.user_id, Phone(), code=an_app_code(resident.identity_id, now=now), now=now)
    told = len(alerts(resident.identity_id, MessageKind.OFFICER_ACTED))
    assert send_pin(agent, call_id, now) == PinSent(expires_at=now + timedelta(minutes=30))
    first, second = temporary_pins_sent(resident.identity_id)
    assert first != second
    assert len(alerts(resident.identity_id, MessageKind.OFFICER_ACTED)) == told + 2
    assert isinstance(send_pin(agent, call_id, now), PinSent)
    assert send_pin(agent, call_id, now) == SupportRefused(SupportRefusal.TOO_MANY_PINS)
    assert refused("send_pin") == ["not_identified", "no_enrolment", "too_many_pins"]


def test_blk_1_a_blocked_identity_gets_no_code(agent, call_id, resident, now):
    """BLK-1."""
    identified(call_id, now=now)
    with transaction.atomic():
        block_identity(
            identity_id=resident.identity_id,
            source=BlockSource.RA,
            reason=BlockReason.LOST_DEVICE,
            actor=an_officer(),
            now=now,
        )
    assert send_code(agent, call_id, now) == SupportRefused(SupportRefusal.IDENTITY_BLOCKED)
    assert send_pin(agent, call_id, now) == SupportRefused(SupportRefusal.NO_ENROLMENT)


def test_sec_3_two_codes_in_a_row_find_an_identified_callers_clock(agent, call_id, resident, now):
    """SEC-3, SUP-1, ALR-2."""
    device, there = resident.device, now + 7 * STEP
    assert resync(agent, call_id, device, there, now) == SupportRefused(SupportRefusal.NOT_IDENTIFIED)
    identified(call_id, now=now)
    assert resync(agent, call_id, device, now + 90 * STEP, now) == SupportRefused(SupportRefusal.CLOCK_NOT_FOUND)
    assert resync(agent, call_id, device, there, now) == ClockFound()
    assert resync(agent, call_id, device, there, now) == SupportRefused(SupportRefusal.CLOCK_NOT_FOUND)
    assert refused("resync") == ["not_identified", "clock_not_found", "clock_not_found"]


def test_a_call_that_is_over_does_nothing_more(agent, call_id, resident, now):
    """SUP-3."""
    identified(call_id, now=now)
    app, late = an_app_row(resident.identity_id, now=now), now + CALL_LASTS
    over = SupportRefused(SupportRefusal.CALL_OVER)
    assert send_code(agent, call_id, late) == send_pin(agent, call_id, late) == over
    assert resync(agent, call_id, resident.device, late, late) == over
    assert block_one(agent, call_id, app.id, late) == over


def test_labels_are_seen_when_the_caller_is_identified(agent, call_id, resident, now):
    identified(call_id, now=now)
    labels = {line.label for line in call_of(call_id, officer_id=agent.id, now=now).authenticators}
    assert labels == {resident.device.serial, ""}
