"""An operator has a message sent again that was given up."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from audit.api import Actor, ActorKind, EventKind, events_about
from notifications.api import ResendReason, ResendRefusal, Resent, dead_letters, resend
from notifications.messages import ContactCode
from notifications.models import Delivery, LocalMessage
from notifications.states import DeliveryState
from notifications.steps import give_up
from notifications.usecases.deliver import deliver
from notifications.usecases.settle_delivery import Settlement
from tests.notifications.conftest import EMAIL, email_address, put, sms_address
from tests.notifications.samples import change_requested

pytestmark = pytest.mark.django_db
OPERATOR = Actor(kind=ActorKind.OFFICER, id=uuid4(), organisation_id=uuid4())
WHY = ResendReason.PROVIDER_REPAIRED


def given_up(now, *addresses, reference=None, **more):
    (id_,) = put(now, *(addresses or (sms_address(),)), reference=reference, **{"message": change_requested()} | more)
    give_up(Delivery.objects.get(id=id_), failure="twilio_30003", now=now)
    return id_


def again(id_, now):
    return resend(delivery_id=id_, reason=WHY, actor=OPERATOR, now=now)


def test_the_same_words_go_to_the_same_address_once_more(now):
    reference = uuid4()
    id_ = given_up(now, email_address(), reference=reference)
    outcome = again(id_, now)
    assert isinstance(outcome, Resent)
    copy = Delivery.objects.get(id=outcome.delivery_id)
    old = Delivery.objects.get(id=id_)
    assert (copy.state, copy.attempts, copy.replaces_id, copy.next_attempt_at) == (DeliveryState.QUEUED, 0, id_, now)
    assert (copy.message_id, copy.contact_id, copy.reference) == (old.message_id, old.contact_id, reference)
    assert (copy.address_index, old.state) == (old.address_index, DeliveryState.GIVEN_UP)
    assert deliver(delivery_id=copy.id, now=now) is Settlement.SENT
    message = LocalMessage.objects.get()
    assert (message.to, message.subject) == (EMAIL, "Afventende ændring af dit telefonnummer")
    (event,) = events_about(subject_id=reference, kinds=[EventKind.DELIVERY_RESENT], limit=9)
    assert event.actor == OPERATOR
    assert event.facts["reason"] == WHY.value
    assert (event.facts["delivery"], event.facts["replacement"]) == (str(id_), str(copy.id))


def refused_events(reference):
    return events_about(subject_id=reference, kinds=[EventKind.DELIVERY_RESEND_REFUSED], limit=9)


def test_what_was_not_given_up_is_not_sent_again(now):
    reference = uuid4()
    (id_,) = put(now, message=change_requested(), reference=reference)
    assert again(id_, now) is ResendRefusal.NOT_GIVEN_UP
    (event,) = refused_events(reference)
    assert event.facts["refusal"] == "not_given_up"
    assert Delivery.objects.count() == 1


def test_what_there_is_not_is_not_sent_again(now):
    assert again(uuid4(), now) is ResendRefusal.UNKNOWN


def test_a_dead_code_is_not_sent_again(now):
    id_ = given_up(now, message=ContactCode(code="123456", minutes=15))
    assert again(id_, now + timedelta(minutes=15)) is ResendRefusal.NO_LONGER_USEFUL
    assert isinstance(again(id_, now + timedelta(minutes=14)), Resent)


def test_what_another_address_took_over_is_not_sent_again(now):
    assert again(given_up(now, spare=(email_address(),)), now) is ResendRefusal.REPLACED


def test_a_broken_seal_sends_nothing(now):
    reference = uuid4()
    id_ = given_up(now, reference=reference)
    Delivery.objects.filter(id=id_).update(body_sealed=b"\x00" * 64)
    assert again(id_, now) is ResendRefusal.SEAL_BROKEN
    assert Delivery.objects.count() == len(refused_events(reference)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_operators_at_once_send_it_once(now):
    id_ = given_up_committed(now)
    barrier, outcomes = threading.Barrier(2), []

    def run():
        barrier.wait()
        outcomes.append(again(id_, now))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(outcome, Resent) for outcome in outcomes) == [False, True]
    assert Delivery.objects.filter(replaces_id=id_).count() == 1


def given_up_committed(now):
    with transaction.atomic():
        return given_up(now)


def test_dead_letters_are_listed_newest_first_without_those_that_something_replaced(now):
    ids = [given_up(now) for _ in range(4)]
    again(ids[1], now)
    put(now, message=change_requested())
    first = dead_letters(limit=2)
    assert [letter.id for letter in first] == [ids[3], ids[2]]
    assert [letter.id for letter in dead_letters(limit=9, before=first[-1].id)] == [ids[0]]
    assert (first[0].failure, first[0].given_up_at, first[0].attempts) == ("twilio_30003", now, 0)


def test_what_was_given_up_again_is_one_dead_letter(now):
    id_ = given_up(now)
    copy = again(id_, now)
    give_up(Delivery.objects.get(id=copy.delivery_id), failure="twilio_30003", now=now)
    assert [letter.id for letter in dead_letters(limit=9)] == [copy.delivery_id]
