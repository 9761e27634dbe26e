"""Storing a message with what it tells of (ALR-4)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from hsm.api import SealBroken, open_sealed
from notifications.messages import ContactCode, IdentityIssued
from notifications.models import Delivery
from notifications.queries import inbox_of, unread_in_inbox
from notifications.rendering import MessageFault
from notifications.states import Channel, DeliveryState, Language, MessageKind, Priority
from notifications.steps import INBOX, Address, enqueue, note_inbox_read
from tests.notifications.conftest import EMAIL, PHONE, email_address, put, sms_address
from tests.notifications.samples import change_requested


@pytest.mark.django_db
def test_each_address_gets_a_delivery_that_is_due_at_once(now):
    reference, phone, mail = uuid4(), sms_address(), email_address()
    ids = put(now, phone, mail, message=change_requested(), reference=reference)
    rows = [Delivery.objects.get(id=id_) for id_ in ids]
    assert [row.channel for row in rows] == [Channel.SMS, Channel.EMAIL]
    assert [row.contact_id for row in rows] == [phone.id, mail.id]
    assert len({row.message_id for row in rows}) == 1
    for row in rows:
        assert (row.kind, row.state, row.priority) == (
            MessageKind.CHANGE_REQUESTED,
            DeliveryState.QUEUED,
            Priority.ALERT,
        )
        assert (row.reference, row.language, row.attempts) == (reference, Language.DA, 0)
        assert row.next_attempt_at == row.created_at == now
        assert row.useful_until is None


@pytest.mark.django_db
def test_address_subject_and_words_are_sealed_each_for_itself(now):
    (id_,) = put(now, email_address(), message=change_requested())
    row = Delivery.objects.get(id=id_)
    stored = b"".join(bytes(value) for value in (row.address_sealed, row.subject_sealed, row.body_sealed))
    assert EMAIL.encode() not in stored
    assert b"MitID" not in stored
    assert open_sealed(row.address_sealed, purpose="notifications.delivery.address", bound_to=id_) == EMAIL
    assert "telefonnummer" in open_sealed(row.subject_sealed, purpose="notifications.delivery.subject", bound_to=id_)
    with pytest.raises(SealBroken):
        open_sealed(row.address_sealed, purpose="notifications.delivery.body", bound_to=id_)
    with pytest.raises(SealBroken):
        open_sealed(row.address_sealed, purpose="notifications.delivery.address", bound_to=uuid4())


@pytest.mark.django_db
def test_a_code_goes_first_and_is_useful_only_while_it_lives(now):
    (id_,) = put(now, message=ContactCode(code="123456", minutes=15))
    row = Delivery.objects.get(id=id_)
    assert row.priority == Priority.CODE
    assert row.useful_until == now + timedelta(minutes=15)


@pytest.mark.django_db
def test_a_copy_for_a_spare_address_is_held_back(now):
    ids = put(now, sms_address(), message=change_requested(), spare=(email_address(),))
    held = Delivery.objects.exclude(id__in=ids).get()
    assert (held.state, held.next_attempt_at) == (DeliveryState.HELD, None)


@pytest.mark.django_db(transaction=True)
def test_a_message_outside_a_transaction_is_refused(now):
    with pytest.raises(TransactionManagementError):
        enqueue(
            message=change_requested(),
            addresses=[sms_address()],
            language=Language.DA,
            reference=uuid4(),
            now=now,
        )
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_roll_back_leaves_nothing(now):
    with transaction.atomic():
        put(now, sms_address(), email_address())
        assert Delivery.objects.count() == 2
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_words_that_do_not_fit_store_nothing_for_any_address(now, settings):
    settings.BRAND_NAME = "日本"
    with pytest.raises(MessageFault):
        put(now, email_address(), sms_address(), message=change_requested())
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_no_address_stores_nothing(now):
    with transaction.atomic():
        assert enqueue(
            message=change_requested(), addresses=[], language=Language.EN, reference=uuid4(), now=now
        ) == []  # fmt: skip
    assert not Delivery.objects.exists()


def test_an_address_does_not_show_its_value_in_a_log():
    assert PHONE not in repr(Address(channel=Channel.SMS, value=PHONE, id=uuid4()))


@pytest.mark.django_db
def test_what_goes_to_the_inbox_has_arrived_and_is_read_by_its_owner_alone(now):
    """ALR-1: the app's inbox is a channel; nothing waits for a provider."""
    owner, other = uuid4(), uuid4()
    with transaction.atomic():
        waiting = enqueue(
            message=IdentityIssued(at=now),
            addresses=[Address(channel=Channel.APP, value=INBOX, id=owner)],
            language=Language.EN,
            reference=owner,
            now=now,
        )
    assert waiting == []
    (message,) = inbox_of(reference=owner, limit=10)
    assert (message.at, message.kind, message.is_read) == (now, MessageKind.IDENTITY_ISSUED, False)
    assert message.title
    assert message.text
    assert inbox_of(reference=other, limit=10) == []
    with transaction.atomic():
        assert not note_inbox_read(reference=other, delivery_id=message.id, now=now)
        assert unread_in_inbox(reference=owner, at_most=9) == 1
        assert note_inbox_read(reference=owner, delivery_id=message.id, now=now)
        assert not note_inbox_read(reference=owner, delivery_id=message.id, now=now)
    assert unread_in_inbox(reference=owner, at_most=9) == 0
    assert inbox_of(reference=owner, limit=10)[0].is_read
    assert inbox_of(reference=owner, limit=10, before=message.id) == []
