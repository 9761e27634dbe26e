"""The statements that every delivery runs, beside the models that say the same."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Delivery, ProviderMinute
from notifications.rules.reports import RECEIPT_FIRST_ASKED_AFTER
from notifications.states import OPEN_STATES, Channel, DeliveryState, Priority, states_before
from notifications.transports import Accepted, TemporaryFailure
from notifications.usecases.claim_delivery import claim_delivery
from notifications.usecases.settle_delivery import Settlement, settle_delivery
from tests.notifications.conftest import PHONE, asks_local, put, sms_address
from tests.notifications.samples import change_requested

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=60)
TOOK = timedelta(milliseconds=40)
YES = Accepted("SM1", segments=1, cost_micro=60_000, currency="DKK")


@pytest.fixture(params=[True, False], ids=["prepared", "as queries are logged"])
def cursor(request):
    """Both cursors: the one of libpq and Django's own, which stands in while queries are logged."""
    with nullcontext() if request.param else CaptureQueriesContext(connection):
        yield


def claim(now, id_=None):
    return claim_delivery(delivery_id=id_, now=now, lease_for=LEASE, unanswered_limit=24, provider_for=asks_local)


def settle(claimed, now, answer=YES):
    return settle_delivery(
        claim=claimed, answer=answer, now=now, give_up_after=LEASE, spread=0.0, took=TOOK, awaits_receipt=True
    )


def alert(now):
    (id_,) = put(now, sms_address(), message=change_requested())
    return id_


def yeses():
    return sum(minute.answered_yes for minute in ProviderMinute.objects.all())


def test_what_may_be_claimed_and_sent_is_what_the_states_say():
    assert states_before(DeliveryState.CLAIMED) == OPEN_STATES
    assert DeliveryState.CLAIMED in states_before(DeliveryState.SENT)


@pytest.mark.usefixtures("cursor")
def test_a_claim_holds_what_the_row_holds(now):
    id_ = alert(now)
    claimed = claim(now)
    row = Delivery.objects.get(id=id_)
    assert (claimed.delivery_id, claimed.attempt, claimed.to, claimed.created_at) == (id_, 1, PHONE, now)
    assert (claimed.channel, claimed.priority, claimed.useful_until) == (Channel.SMS, Priority.ALERT, None)
    assert (row.state, row.attempts, row.provider, row.in_doubt_since) == (DeliveryState.CLAIMED, 1, "local", None)
    assert row.next_attempt_at == now + LEASE
    assert claim(now) is None
    assert claim(now, id_) is None


@pytest.mark.usefixtures("cursor")
def test_a_code_is_claimed_with_the_end_of_its_use(now):
    (id_,) = put(now)
    assert claim(now, id_).useful_until == Delivery.objects.get(id=id_).useful_until > now


@pytest.mark.usefixtures("cursor")
@pytest.mark.parametrize(("before", "kept"), [("local", "SM1"), ("another", "")])
def test_a_claim_for_another_provider_drops_the_reference_of_the_one_before(now, before, kept):
    """Else a report that the one before repeats would be taken for one of this attempt."""
    id_ = alert(now)
    Delivery.objects.filter(id=id_).update(provider=before, provider_reference="SM1", attempts=1, failure="x")
    claimed, row = claim(now), Delivery.objects.get(id=id_)
    assert (claimed.attempt, row.provider, row.provider_reference) == (2, "local", kept)


@pytest.mark.usefixtures("cursor")
def test_a_claim_knows_the_copies_that_were_risked(now):
    id_ = alert(now)
    Delivery.objects.filter(id=id_).update(maybe_doubled=2, attempts=3)
    assert claim(now).copies == 2


@pytest.mark.usefixtures("cursor")
def test_a_claim_after_one_that_ended_without_an_answer_is_in_doubt(now):
    alert(now)
    claim(now)
    second = claim(now + LEASE)
    assert (second.attempt, second.in_doubt_since) == (2, now + LEASE)
    assert claim(now + 2 * LEASE).in_doubt_since == now + LEASE


@pytest.mark.usefixtures("cursor")
def test_a_yes_is_noted_and_counted_at_once(now):
    id_ = alert(now)
    assert settle(claim(now), now) is Settlement.SENT
    row = Delivery.objects.get(id=id_)
    assert (row.state, row.sent_at, row.next_attempt_at) == (DeliveryState.SENT, now, None)
    assert (row.provider, row.provider_reference, row.segments) == ("local", "SM1", 1)
    assert (row.cost_micro, row.cost_currency) == (60_000, "DKK")
    assert row.receipt_due_at == now + RECEIPT_FIRST_ASKED_AFTER
    minute = ProviderMinute.objects.get()
    assert (minute.provider, minute.channel, minute.minute) == ("local", Channel.SMS, now.replace(second=0))
    assert (minute.answered_yes, minute.took_ms_sum, minute.segments, minute.cost_micro) == (1, 40, 1, 60_000)
    alert(now)
    assert settle(claim(now), now, Accepted("SM2")) is Settlement.SENT
    assert yeses() == 2


@pytest.mark.usefixtures("cursor")
def test_a_yes_to_an_attempt_whose_lease_ran_out_counts_all_the_same_and_once(now):
    """ALR-4: the person has the message, so a later attempt must not send it again."""
    id_ = alert(now)
    first, second = claim(now), claim(now + LEASE)
    assert settle(first, now + LEASE) is Settlement.SENT
    assert settle(second, now + LEASE, TemporaryFailure("twilio_30001")) is Settlement.TOO_LATE
    assert settle(first, now + LEASE) is Settlement.TOO_LATE
    row = Delivery.objects.get(id=id_)
    assert (row.state, row.attempts, row.provider_reference) == (DeliveryState.SENT, 2, "SM1")
    assert sum(minute.segments for minute in ProviderMinute.objects.all()) == 1


@pytest.mark.usefixtures("cursor")
def test_a_reference_that_the_provider_gives_twice_is_told_apart(now):
    alert(now)
    assert settle(claim(now), now) is Settlement.SENT
    other = alert(now)
    assert settle(claim(now), now) is Settlement.SENT
    assert Delivery.objects.get(id=other).provider_reference == f"SM1 {other}"
    assert yeses() == 2
