"""What may be read of deliveries."""

import dataclasses
from datetime import timedelta
from uuid import uuid4

import pytest

from notifications.api import contacts_given_up, deliveries_of, local_messages
from notifications.messages import ContactCode
from notifications.states import Channel, DeliveryState, MessageKind
from notifications.transports import PermanentFailure
from notifications.usecases.claim_delivery import claim_delivery
from notifications.usecases.deliver import deliver
from notifications.usecases.settle_delivery import settle_delivery
from tests.notifications.conftest import asks_local, email_address, put, row, sms_address
from tests.notifications.samples import change_requested

pytestmark = pytest.mark.django_db


def give_up(id_, now):
    claim = claim_delivery(
        delivery_id=id_, now=now, lease_for=timedelta(minutes=1), unanswered_limit=9, provider_for=asks_local
    )
    settle_delivery(
        claim=claim, answer=PermanentFailure("twilio_21211"), now=now, give_up_after=timedelta(days=2), spread=0.0
    )


def test_deliveries_are_listed_newest_first_page_by_page_without_held_copies(now):
    reference = uuid4()
    for _ in range(3):
        put(
            now, sms_address(), email_address(), message=change_requested(), spare=(sms_address(),), reference=reference
        )
    put(now)
    first = deliveries_of(reference=reference, limit=4)
    second = deliveries_of(reference=reference, limit=4, before=first[-1].id)
    assert (len(first), len(second)) == (4, 2)
    ids = [line.id for line in [*first, *second]]
    assert ids == sorted(ids, reverse=True)
    assert {line.channel for line in first} == {Channel.SMS, Channel.EMAIL}
    assert {line.kind for line in first} == {MessageKind.CHANGE_REQUESTED}


def test_a_line_tells_the_state_and_when_it_came_about(now):
    reference = uuid4()
    for_good, sent, waiting = put(
        now, sms_address(), email_address(), sms_address(), message=change_requested(), reference=reference
    )
    give_up(for_good, now + timedelta(minutes=1))
    deliver(delivery_id=sent, now=now + timedelta(minutes=2))
    lines = {line.id: line for line in deliveries_of(reference=reference, limit=9)}
    assert (lines[for_good].state, lines[for_good].at) == (DeliveryState.GIVEN_UP, now + timedelta(minutes=1))
    assert lines[sent].state is DeliveryState.SENT
    assert lines[sent].at >= now + timedelta(minutes=2)
    assert (lines[waiting].state, lines[waiting].at) == (DeliveryState.QUEUED, now)


def test_a_line_has_neither_address_nor_words(now):
    (line,) = deliveries_of(reference=row_reference(now), limit=1)
    assert {field.name for field in dataclasses.fields(line)} == {"id", "channel", "kind", "state", "at"}


def row_reference(now):
    delivery = row(now)
    delivery.save(force_insert=True)
    return delivery.reference


def test_the_contacts_that_could_not_be_reached_since_then_are_told(now):
    """ALR-5."""
    failed, fine = sms_address(), sms_address()
    ids = put(now, failed, fine, message=change_requested())
    give_up(ids[0], now)
    contact_ids = [failed.id, fine.id]
    assert contacts_given_up(contact_ids=contact_ids, since=now) == {failed.id}
    assert contacts_given_up(contact_ids=[fine.id], since=now) == set()
    assert contacts_given_up(contact_ids=contact_ids, since=now + timedelta(seconds=1)) == set()


def test_local_messages_are_listed_newest_first(now):
    ids = [put(now, sms_address(), message=ContactCode(code=f"00000{number}", minutes=5))[0] for number in range(3)]
    for id_ in ids:
        deliver(delivery_id=id_, now=now)
    newest, older = local_messages(limit=2)
    assert "000002" in newest.text
    assert "000001" in older.text


def test_reading_costs_one_query_each(now, django_assert_num_queries):
    reference = row_reference(now)
    with django_assert_num_queries(1):
        deliveries_of(reference=reference, limit=20)
    with django_assert_num_queries(1):
        contacts_given_up(contact_ids=[uuid4()], since=now)
    with django_assert_num_queries(1):
        local_messages(limit=20)
