"""What messages cost is noted, though no callback says so."""

from datetime import timedelta

import pytest

from notifications.models import Delivery, ProviderMinute
from notifications.states import DeliveryState
from notifications.usecases.deliver import deliver
from notifications.usecases.note_prices import ASKED_FOR, note_prices
from tests.notifications.conftest import put, sms_address
from tests.notifications.provider_faults import Refuse

pytestmark = pytest.mark.django_db(transaction=True)
LATER = timedelta(minutes=20)


@pytest.fixture
def sent(now, twilio):
    """Three messages that Twilio took, and what it has of them; it made them when the clock of the test says."""
    ids = [put(now, sms_address(f"+452012345{number}"))[0] for number in range(3)]
    for id_ in ids:
        deliver(delivery_id=id_, now=now)
    for message in twilio.accepted:
        message.created_at = now.timestamp()
        message.has_come("delivered", price="-0.05460")
    return ids


def costs():
    return [(row.cost_micro, row.cost_currency) for row in Delivery.objects.order_by("id")]


def test_the_price_comes_some_time_after_the_message_and_is_counted_once(now, twilio, sent):
    assert note_prices(now=now) == 0  # too early to ask
    assert [note_prices(now=now + LATER) for _ in range(2)] == [3, 0]
    assert costs() == [(54_600, "USD")] * 3
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    assert sum(ProviderMinute.objects.values_list("cost_micro", flat=True)) == 3 * 54_600
    assert len(twilio.lookups) == 1


def test_what_has_no_price_yet_is_asked_for_again_for_a_day(now, twilio, sent):
    twilio.accepted[1].price = None
    assert note_prices(now=now + LATER) == 2
    twilio.accepted[1].price = "-0.1"
    assert note_prices(now=now + LATER + LATER) == 1
    assert costs()[1] == (100_000, "USD")


def test_after_a_day_nobody_asks(now, twilio, sent):
    assert note_prices(now=now + ASKED_FOR + LATER) == 0
    assert twilio.lookups == []


def test_a_price_that_others_paid_is_nobodys(now, twilio, sent):
    twilio.accept({"To": "+4520999999", "Body": "another portal's", "From": "+4592400000"}).has_come(
        "delivered", price="-9"
    )
    assert note_prices(now=now + LATER) == 3


def test_a_fault_of_twilios_ends_the_round_and_not_the_asking(now, twilio, sent):
    twilio.lookup_faults.append(Refuse(500, 20500))
    assert [note_prices(now=now + LATER) for _ in range(2)] == [0, 3]


def test_a_round_has_an_end(now, twilio, sent):
    times = iter([0.0, *[61.0] * 9])
    assert note_prices(now=now + LATER, tick=lambda: next(times)) == 3


def test_without_twilio_nobody_is_asked(now, twilio, sent, settings):
    settings.SMS_TRANSPORTS = ["notifications.transports.http_sms.HttpSms"]
    assert note_prices(now=now + LATER) == 0
