"""What was sent cannot be read for ever: words go, and what anybody still needs stays."""

from datetime import timedelta

import pytest

from notifications.messages import ContactCode
from notifications.models import Delivery, ReceivedSms, SmsOptOut
from notifications.opt_outs import HOLDS_FOR
from notifications.rules.retention import RECEIVED_SMS_KEPT_FOR, WORDS_KEPT_FOR
from notifications.sealing import Column, open_column
from notifications.states import Channel, DeliveryState
from notifications.steps import Address, give_up
from notifications.tasks import forget_words_task
from notifications.usecases.deliver import deliver
from notifications.usecases.forget_words import forget_incoming, forget_words
from notifications.usecases.resend import ResendRefusal
from tests.notifications.conftest import EMAIL, email_address, put, row, sms_address
from tests.notifications.samples import change_requested
from tests.notifications.test_resend import again

pytestmark = pytest.mark.django_db
MOMENT = timedelta(seconds=1)
SOON = timedelta(seconds=30)  # sending took a moment of real time


def of(id_):
    return Delivery.objects.get(id=id_)


def words(id_):
    found = of(id_)
    subject = found.subject_sealed
    return (
        None if subject is None else open_column(subject, column=Column.SUBJECT, delivery_id=id_),
        open_column(found.body_sealed, column=Column.BODY, delivery_id=id_),
    )


def test_a_code_can_be_read_while_it_is_good_and_no_longer(now):
    """A report that it did not arrive sends it again meanwhile."""
    (id_,) = put(now, message=ContactCode(code="123456", minutes=15))
    deliver(delivery_id=id_, now=now)
    assert forget_words(now=now + timedelta(minutes=15) - MOMENT) == 0
    assert "123456" in words(id_)[1]
    assert forget_words(now=now + timedelta(minutes=15)) == 1
    assert (words(id_), of(id_).state) == ((None, ""), DeliveryState.SENT)
    assert forget_words(now=now + timedelta(minutes=15)) == 0


@pytest.mark.parametrize("address", [sms_address(), email_address()])
def test_an_alert_can_be_read_for_thirty_days_after_it_ended(now, address):
    (id_,) = put(now, address, message=change_requested())
    Delivery.objects.filter(id=id_).update(useful_until=None)
    sent_at = now + timedelta(days=2)
    deliver(delivery_id=id_, now=sent_at)
    assert forget_words(now=sent_at + WORDS_KEPT_FOR - MOMENT) == 0
    assert forget_words(now=sent_at + WORDS_KEPT_FOR + SOON) == 1
    assert set(words(id_)) <= {None, ""}
    address_left = open_column(of(id_).address_sealed, column=Column.ADDRESS, delivery_id=id_)
    assert address_left == address.value


def test_what_may_yet_be_sent_and_the_inbox_keep_their_words(now):
    (open_one,) = put(now, message=ContactCode(code="123456", minutes=15), spare=(email_address(),))
    put(now, Address(channel=Channel.APP, value="inbox", id=open_one), message=change_requested())
    assert forget_words(now=now + 10 * WORDS_KEPT_FOR) == 0
    assert not Delivery.objects.filter(words_dropped_at__isnull=False).exists()


def test_what_has_lost_its_words_is_not_sent_again(now):
    (id_,) = put(now, email_address(), message=change_requested())
    Delivery.objects.filter(id=id_).update(useful_until=None)
    give_up(of(id_), failure="smtp_550", now=now)
    later = now + WORDS_KEPT_FOR
    assert forget_words(now=later) == 1
    assert again(id_, later) is ResendRefusal.WORDS_DROPPED
    assert Delivery.objects.count() == 1


def test_words_go_in_batches_oldest_first(now):
    for age in (1, 2, 3):
        ended = {"state": DeliveryState.GIVEN_UP, "given_up_at": now, "failure": "x", "next_attempt_at": None}
        row(now - timedelta(days=age), **ended).save(force_insert=True)
    later = now + WORDS_KEPT_FOR
    assert [forget_words(now=later, limit=2) for _ in range(3)] == [2, 1, 0]
    assert EMAIL not in str(Delivery.objects.values_list("failure", flat=True))


def test_ids_of_text_messages_and_run_out_opt_outs_are_dropped(now):
    for age in (RECEIVED_SMS_KEPT_FOR, RECEIVED_SMS_KEPT_FOR - MOMENT):
        ReceivedSms.objects.create(provider_id=f"SM{age.days}", received_at=now - age)
    for number, age in enumerate((HOLDS_FOR, HOLDS_FOR - MOMENT)):
        SmsOptOut.objects.create(phone_sealed=b"x", phone_index=b"%d" % number, noted_at=now - age, provider="twilio")
    assert forget_incoming(now=now) == 2
    assert (ReceivedSms.objects.count(), SmsOptOut.objects.count()) == (1, 1)


def test_the_task_forgets(now):
    (id_,) = put(now - timedelta(days=365), email_address(), message=ContactCode(code="123456", minutes=15))
    deliver(delivery_id=id_, now=now - timedelta(days=365))
    forget_words_task()
    assert words(id_) == ("", "")
