"""Support and clerks meet the limits of all codes: in plain words, with when to try again, and with a trace."""

from datetime import timedelta

import pytest
from django.urls import reverse

from audit.api import EventKind
from identities.api import AuthenticatorKind, CodeGiven, CodeSent, ContactKind, TooManyCodes
from identities.models import ActivationCode, ContactProof
from mitid_portal import clock
from mitid_portal.times import danish_time
from notifications.rules.day import day_ends
from notifications.rules.throttle import HOUR
from registration.rules.support import SupportRefusal
from registration.usecases.results import SupportRefused
from registration.usecases.send_code_for_caller import send_code_for_caller
from registration.usecases.send_contact_code import send_contact_code
from registration.usecases.send_pin_for_caller import send_pin_for_caller
from tests.factories.apps import Phone, an_app_code, begun, temporary_pins_sent
from tests.factories.identities import a_resident
from tests.factories.registration import (
    a_call_about,
    a_ready_case,
    a_support_agent,
    an_examined_case,
    identified,
    logged_in,
)
from tests.notifications.test_throttle import codes_sent
from tests.registration.clerks import as_person, events
from tests.registration.operators import answered

pytestmark = pytest.mark.django_db
PHONE, LASTS = "+4530999999", timedelta(minutes=15)


@pytest.fixture
def agent(now):
    return a_support_agent(now=now)


@pytest.fixture
def resident(person, now):
    return a_resident(now=now, person=as_person(person))


@pytest.fixture
def call_id(agent, person, resident, now):
    found = a_call_about(agent, person.cpr_number, now=now)
    identified(found, now=now)
    return found


def contact_code(clerk, case_id, now, value=PHONE, kind=ContactKind.PHONE):
    return send_contact_code(officer_id=clerk.id, case_id=case_id, kind=kind, value=value, lasts_for=LASTS, now=now)


def test_try_2_support_sends_no_code_when_too_many_went_to_the_citizen(agent, call_id, resident, now):
    """TRY-2."""
    codes_sent(10, at=now - timedelta(minutes=20), reference=resident.identity_id)
    outcome = send_code_for_caller(officer_id=agent.id, call_id=call_id, kind=AuthenticatorKind.PASSWORD, now=now)
    free_at = now + timedelta(minutes=40)
    assert outcome == SupportRefused(SupportRefusal.TOO_MANY_CODES, next_at=free_at)
    assert not ActivationCode.objects.filter(kind="password", identity_id=resident.identity_id).exists()
    assert events(EventKind.ACTIVATION_CODE_REFUSED)[-1].facts["reason"] == "too_many_codes"
    assert events(EventKind.SUPPORT_REFUSED)[-1].facts["reason"] == "too_many_codes"
    later = send_code_for_caller(
        officer_id=agent.id, call_id=call_id, kind=AuthenticatorKind.PASSWORD, now=now + timedelta(minutes=20)
    )
    assert isinstance(later, SupportRefused)


def test_try_2_one_agent_sends_sixty_codes_an_hour_to_whomever(agent, call_id, now):
    """TRY-2."""
    codes_sent(59, at=now, source=agent.id)
    kinds = {"officer_id": agent.id, "call_id": call_id, "kind": AuthenticatorKind.PASSWORD, "now": now}
    assert isinstance(send_code_for_caller(**kinds), CodeGiven)
    assert send_code_for_caller(**kinds) == SupportRefused(SupportRefusal.TOO_MANY_CODES, next_at=now + HOUR)


def test_try_2_a_temporary_pin_counts_towards_the_limits_and_meets_them(agent, call_id, resident, now):
    """TRY-2, SEC-5."""
    begun(resident.user_id, Phone(), code=an_app_code(resident.identity_id, now=now), now=now)
    codes_sent(9, at=now, reference=resident.identity_id)
    outcome = send_pin_for_caller(officer_id=agent.id, call_id=call_id, now=now)
    assert outcome == SupportRefused(SupportRefusal.TOO_MANY_PINS, next_at=now + HOUR)
    assert len(temporary_pins_sent(resident.identity_id)) == 1


def test_try_2_the_apps_enrolment_sends_nothing_then_and_says_nothing(resident, now):
    """TRY-2: whoever asks sees an enrolment as any other; the log tells."""
    code = an_app_code(resident.identity_id, now=now)
    codes_sent(10, at=now, reference=resident.identity_id)
    enrolment = begun(resident.user_id, Phone(), code=code, now=now)
    assert enrolment.expires_at > now
    assert temporary_pins_sent(resident.identity_id) == []
    assert events(EventKind.ACTIVATION_REFUSED)[-1].facts["reason"] == "too_many_pins"


def test_try_2_a_number_gets_ten_codes_an_hour_in_whatever_cases(clerk, person, now):
    """TRY-2: a new case does not begin anew."""
    case_id = an_examined_case(clerk, person, now=now)
    for _ in range(5):
        assert isinstance(contact_code(clerk, case_id, now), CodeSent)
    other = a_ready_case(clerk, person, now=now)
    for _ in range(4):
        assert isinstance(contact_code(clerk, other, now), CodeSent)
    third = an_examined_case(clerk, person, now=now)
    assert isinstance(contact_code(clerk, third, now), CodeSent)
    proofs = ContactProof.objects.count()
    assert contact_code(clerk, third, now) == TooManyCodes(next_at=now + HOUR)
    assert ContactProof.objects.count() == proofs
    (event,) = events(EventKind.CONTACT_CODE_NOT_SENT)
    assert (event.actor_id, event.facts) == (clerk.id, {"kind": "phone", "reason": "address"})


def test_over_the_cost_ceiling_no_new_number_is_proven_and_mailboxes_are(clerk, person, now, settings):
    settings.SMS_COST_CEILING_PER_DAY, settings.SMS_SEGMENT_COST_MICRO = 1, 1_000_000
    case_id = an_examined_case(clerk, person, now=now)
    answered(at=now, answered_yes=1, segments=1)
    assert contact_code(clerk, case_id, now) == TooManyCodes(next_at=day_ends(now))
    assert isinstance(contact_code(clerk, case_id, now, "new@post.example", ContactKind.EMAIL), CodeSent)


def test_support_is_told_why_and_from_when_it_can_be_done(person):
    at = clock.now().replace(microsecond=0)
    agent, citizen = a_support_agent(now=at), a_resident(now=at, person=as_person(person))
    call_id = a_call_about(agent, person.cpr_number, now=at)
    identified(call_id, now=at)
    codes_sent(10, at=at, reference=citizen.identity_id)
    desk = logged_in(agent.who, now=at)
    page = desk.post(
        reverse("registration:support-send-code", kwargs={"call_id": call_id}),
        {"kind": "password"},
        headers={"accept-language": "en"},
    )
    assert page.status_code == 422
    (error,) = page.context["form"].non_field_errors()
    assert "Too many codes were sent lately" in error
    assert "It can be done again from" in error
    assert danish_time(at + HOUR)[-5:].replace(".", ":") in error
