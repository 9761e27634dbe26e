"""Support's page of what was sent to a caller: who sees it, what stands on it, and what never does."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from uuid_utils.compat import uuid7

from mitid_portal import clock
from notifications.models import Delivery
from notifications.states import DeliveryState
from registration.models import SupportCall
from registration.rules.support import CALL_LASTS
from registration.views.support.messages import LINES
from tests.factories.identities import a_resident
from tests.factories.registration import a_support_agent, identified, logged_in
from tests.notifications.conftest import EMAIL, PHONE, email_address, sms_address
from tests.registration.operators import a_dead_letter, a_message

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def at():
    return clock.now().replace(microsecond=0)


@pytest.fixture
def call(at):
    """A call of an agent about a resident to whom nothing was sent; not identified."""
    agent, citizen = a_support_agent(now=at), a_resident(now=at)
    Delivery.objects.filter(reference=citizen.identity_id).delete()
    return SupportCall.objects.create(
        id=uuid7(),
        officer_id=agent.id,
        identity_id=citizen.identity_id,
        reason="lost_device",
        found_by="cpr_number",
        opened_at=at,
    ), logged_in(agent.who, now=at)


def page_of(call, desk, **query):
    return desk.get(reverse("registration:support-messages", kwargs={"call_id": call.id}), query, headers=ENGLISH)


def text_of(response):
    return " ".join(unescape(response.content.decode()).split())


def test_sup_1_nobody_sees_it_before_the_caller_is_identified(call, at):
    """SUP-1: nor in another agent's call, nor in one that is over."""
    call, desk = call
    link = reverse("registration:support-messages", kwargs={"call_id": call.id})
    citizen = reverse("registration:support-citizen", kwargs={"call_id": call.id})
    assert (page_of(call, desk).status_code, page_of(call, desk).url) == (302, citizen)
    assert link not in desk.get(citizen).content.decode()
    identified(call.id, now=at)
    assert page_of(call, desk).status_code == 200
    assert link in desk.get(citizen).content.decode()
    stranger = logged_in(a_support_agent(now=at).who, now=at)
    assert page_of(call, stranger).status_code == 404
    SupportCall.objects.filter(pk=call.id).update(
        opened_at=at - CALL_LASTS, number_right_at=at - CALL_LASTS, identified_at=at - CALL_LASTS
    )
    assert "lines" not in page_of(call, desk).context


def test_sup_2_it_says_what_how_whether_and_when_and_neither_where_to_nor_the_words(call, at):
    """SUP-2, LOG-2."""
    call, desk = call
    identified(call.id, now=at)
    sent = {"attempts": 1, "sent_at": at, "provider": "twilio", "next_attempt_at": None}
    about = {"now": at, "reference": call.identity_id}
    a_message(sms_address(), **about)
    a_message(sms_address(), **about, state=DeliveryState.SENT, provider_reference="SM1", **sent)
    a_message(
        email_address(), **about, state=DeliveryState.DELIVERED, provider_reference="SM2", delivered_at=at, **sent
    )
    a_dead_letter(email_address(), **about)
    a_message(sms_address(), now=at)  # somebody else's
    page = page_of(call, desk)
    shown = [(str(line.channel), str(line.state)) for line in page.context["lines"]]
    assert shown == [("E-mail", "Given up"), ("E-mail", "Delivered"), ("SMS", "Sent"), ("SMS", "Waiting")]
    assert "Identity reopened" in text_of(page)
    for secret in (PHONE, PHONE[3:], EMAIL, "Borgerservice, så ring"):
        assert secret not in page.content.decode()


def test_older_ones_are_on_pages_of_their_own_at_the_same_price(call, at):
    call, desk = call
    identified(call.id, now=at)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            page_of(call, desk)
        return len(queries)

    asked()
    few = asked()
    for number in range(LINES + 3):
        a_message(sms_address(), now=at + timedelta(seconds=number), reference=call.identity_id)
    assert asked() == few
    page = page_of(call, desk)
    assert len(page.context["lines"]) == LINES
    older = desk.get(page.context["older_url"])
    assert (len(older.context["lines"]), older.context["older_url"]) == (3, "")
    assert len(page_of(call, desk, before="mangled").context["lines"]) == LINES
