"""What providers tell of a message afterwards: once, twice, early, out of order, forged, or of nothing of ours."""

import itertools
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from audit.api import EventKind
from audit.models import AuditEvent
from mitid_portal import clock
from notifications.models import Delivery, SmsOptOut
from notifications.states import DeliveryState
from notifications.usecases.deliver import deliver
from tests.notifications.conftest import email_address, put, sms_address

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "https://portal.mitid.example"


@pytest.fixture(autouse=True)
def public_address(settings):
    settings.PUBLIC_ADDRESS = ADDRESS
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def sent(now, twilio):
    """A message that Twilio took; its other address is held."""
    (id_,) = put(now, sms_address(), spare=(email_address(),))
    deliver(delivery_id=id_, now=now)
    return Delivery.objects.get(id=id_)


def path_of(delivery_id):
    return reverse("notifications:twilio-status", args=[delivery_id])


def call(twilio, status, *, delivery_id, error_code=None, changes=(), token=None, signed_path=None):
    """Call as Twilio does, without session or token against forgery."""
    path = path_of(delivery_id)
    form = twilio.status_form(twilio.accepted[0], status, error_code=error_code)
    genuine, twilio.auth_token = twilio.auth_token, token or twilio.auth_token
    signature = twilio.signature(ADDRESS + (signed_path or path), form)
    twilio.auth_token = genuine
    client = Client(enforce_csrf_checks=True)
    return client.post(path, form | dict(changes), headers={"X-Twilio-Signature": signature}).status_code


def state_of(delivery):
    delivery.refresh_from_db()
    return delivery.state


def test_a_receipt_makes_a_message_delivered_and_drops_the_held_copy(twilio, sent):
    assert sent.state == DeliveryState.SENT
    assert call(twilio, "delivered", delivery_id=sent.id) == 204
    assert state_of(sent) == DeliveryState.DELIVERED
    assert list(Delivery.objects.exclude(id=sent.id).values_list("state", flat=True)) == [DeliveryState.NOT_NEEDED]


@pytest.mark.parametrize("order", list(itertools.permutations(["sending", "sent", "delivered"])))
def test_the_order_of_reports_does_not_matter_and_neither_do_copies(twilio, sent, order):
    for status in [*order, *order]:
        assert call(twilio, status, delivery_id=sent.id) == 204
    assert state_of(sent) == DeliveryState.DELIVERED


@pytest.mark.parametrize(
    "call_",
    [
        pytest.param(lambda t, d: call(t, "delivered", delivery_id=d.id, token="another"), id="another token"),
        pytest.param(
            lambda t, d: call(t, "failed", delivery_id=d.id, changes={"MessageStatus": "delivered"}), id="other status"
        ),
        pytest.param(lambda t, d: call(t, "delivered", delivery_id=d.id, changes={"X": "1"}), id="added field"),
        pytest.param(
            lambda t, d: call(t, "delivered", delivery_id=d.id, signed_path=path_of(uuid4())), id="other delivery"
        ),
    ],
)
def test_a_forged_call_changes_nothing(twilio, sent, call_):
    assert call_(twilio, sent) == 403
    assert state_of(sent) == DeliveryState.SENT


def test_a_call_without_signature_or_by_get_is_refused(twilio, sent):
    form = twilio.status_form(twilio.accepted[0], "delivered")
    assert Client().post(path_of(sent.id), form).status_code == 403
    assert Client().get(path_of(sent.id)).status_code == 405
    assert state_of(sent) == DeliveryState.SENT


def test_a_report_of_nothing_of_ours_is_no_error_of_twilios(twilio, sent):
    assert call(twilio, "delivered", delivery_id=uuid4()) == 204
    assert state_of(sent) == DeliveryState.SENT


@pytest.mark.parametrize("status", ["", "received", "receiving", "nonsense"])
def test_a_status_that_is_of_no_message_of_ours_changes_nothing(twilio, sent, status):
    assert call(twilio, status, delivery_id=sent.id) == 204
    assert state_of(sent) == DeliveryState.SENT


def test_a_report_that_comes_before_the_yes_is_noted_settles_it(now, twilio):
    """ALR-4: the worker that was told yes died; Twilio's own call says what it knew."""
    (id_,) = put(now, sms_address())
    Delivery.objects.filter(id=id_).update(
        state=DeliveryState.CLAIMED, attempts=1, provider="twilio", next_attempt_at=now + timedelta(minutes=1)
    )
    twilio.accept({"To": "+4520123456", "Body": "x", "From": "+4592400000"})
    assert call(twilio, "sent", delivery_id=id_) == 204
    row = Delivery.objects.get(id=id_)
    assert (row.state, row.provider_reference) == (DeliveryState.SENT, twilio.accepted[0].sid)


def test_a_failure_that_may_pass_is_tried_again(twilio, sent):
    assert call(twilio, "undelivered", error_code=30003, delivery_id=sent.id) == 204
    assert (state_of(sent), sent.failure) == (DeliveryState.QUEUED, "twilio_30003")


def test_a_failure_for_good_sends_the_held_copy_and_is_recorded(twilio, sent):
    """ALR-5."""
    for _ in range(2):
        assert call(twilio, "undelivered", error_code=30005, delivery_id=sent.id) == 204
    assert state_of(sent) == DeliveryState.GIVEN_UP
    assert Delivery.objects.get(replaces=sent).state == DeliveryState.QUEUED
    (event,) = AuditEvent.objects.filter(kind=EventKind.DELIVERY_GIVEN_UP)
    assert event.facts["failure"] == "twilio_30005"


def test_a_stop_that_twilio_reports_only_afterwards_is_noted(twilio, sent):
    """ALR-5: a Messaging Service says yes first."""
    call(twilio, "failed", error_code=21610, delivery_id=sent.id)
    assert state_of(sent) == DeliveryState.GIVEN_UP
    assert SmsOptOut.objects.count() == 1


@pytest.mark.parametrize("order", [["sent", "delivered"], ["delivered", "sent", "delivered"], ["delivered", "sending"]])
def test_twilio_calls_by_itself_over_http(now, twilio, settings, live_server, order):
    """What it posts comes as soon as it has said yes, before or after we have written that down."""
    settings.PUBLIC_ADDRESS = live_server.url
    twilio.after_accepting = order
    (id_,) = put(now, sms_address())
    deliver(delivery_id=id_, now=now)
    twilio.has_called(len(order))
    assert twilio.answers == [204] * len(order)
    assert Delivery.objects.get(id=id_).state == DeliveryState.DELIVERED


# --- The second provider --------------------------------------------------------------------------------------------

HTTP_PATH = "/api/notifications/http-sms/status/"


@pytest.fixture
def sent_by_http(now, http_sms):
    (id_,) = put(now, sms_address())
    deliver(delivery_id=id_, now=now)
    return Delivery.objects.get(id=id_)


def tell(http_sms, told, *, at, secret=None, body=None):
    signed, headers = http_sms.signed(told, at=at, secret=secret)
    client = Client(enforce_csrf_checks=True)
    return client.post(HTTP_PATH, body or signed, content_type="application/json", headers=headers).status_code


@pytest.fixture
def clock_now():
    """What the portal's clock shows."""
    return clock.now()


def test_the_second_providers_receipt_delivers_with_its_price(http_sms, sent_by_http, clock_now):
    told = http_sms.accepted[0].told() | {"status": "delivered", "cost_micro": 42_000}
    for _ in range(2):
        assert tell(http_sms, told, at=clock_now) == 204
    assert state_of(sent_by_http) == DeliveryState.DELIVERED
    assert (sent_by_http.cost_micro, sent_by_http.cost_currency, sent_by_http.segments) == (42_000, "DKK", 1)


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_call_that_is_played_back_later_is_refused(http_sms, sent_by_http, clock_now, late):
    told = http_sms.accepted[0].told() | {"status": "delivered"}
    assert tell(http_sms, told, at=clock_now - late) == 403
    assert state_of(sent_by_http) == DeliveryState.SENT


def test_a_forged_call_of_the_second_provider_changes_nothing(http_sms, sent_by_http, clock_now, settings):
    told = http_sms.accepted[0].told() | {"status": "delivered"}
    assert tell(http_sms, told, at=clock_now, secret="another") == 403
    assert tell(http_sms, told, at=clock_now, body=b'{"status": "delivered"}') == 403
    settings.HTTP_SMS_SECRET = ""
    assert tell(http_sms, told, at=clock_now, secret=" ") == 403
    assert state_of(sent_by_http) == DeliveryState.SENT


@pytest.mark.parametrize(
    "told",
    [[], {}, {"status": "delivered"}, {"id": "x", "status": "eaten"}, {"id": "unknown", "status": "delivered"},
     {"id": "x", "status": "delivered", "key": "no id"}, {"id": 7, "status": "delivered"}, "x" * 70_000],
)  # fmt: skip
def test_a_call_that_makes_no_sense_is_taken_and_changes_nothing(http_sms, sent_by_http, clock_now, told):
    assert tell(http_sms, told, at=clock_now) == 204
    assert state_of(sent_by_http) == DeliveryState.SENT
