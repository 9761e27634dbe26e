"""Whose carrier was told to stop our texts is told by another channel, until they start them again (ALR-5)."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from audit.api import EventKind
from audit.models import AuditEvent
from hsm.keyring import forget_keyring
from hsm.states import KeyName
from notifications.models import Delivery, SmsOptOut
from notifications.opt_outs import HOLDS_FOR, OPTED_OUT, lift_opt_out, note_opt_out
from notifications.states import DeliveryState
from notifications.usecases.deliver import deliver
from tests.hsm.rotation import rotate
from tests.notifications.conftest import PHONE, email_address, put, sms_address

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def both_providers(twilio, http_sms, settings):
    settings.SMS_TRANSPORTS = [
        "notifications.transports.twilio_sms.TwilioSms",
        "notifications.transports.http_sms.HttpSms",
    ]
    return twilio, http_sms


def note(now, phone=PHONE, provider="twilio"):
    with transaction.atomic():
        return note_opt_out(phone=phone, provider=provider, now=now)


def lift(phone=PHONE, provider=None):
    with transaction.atomic():
        return lift_opt_out(phone=phone, provider=provider)


def sent_to(now, *addresses, spare=()):
    (id_, *_) = put(now, *addresses, spare=spare)
    deliver(delivery_id=id_, now=now)
    return Delivery.objects.get(id=id_)


def test_a_message_to_such_a_number_is_given_up_unsent_and_its_held_copy_goes_out(now, twilio):
    note(now)
    row = sent_to(now, sms_address(), spare=(email_address(),))
    assert (row.state, row.failure) == (DeliveryState.GIVEN_UP, OPTED_OUT)
    assert Delivery.objects.get(replaces=row).state == DeliveryState.QUEUED
    assert twilio.requests == []
    (event,) = AuditEvent.objects.filter(kind=EventKind.DELIVERY_GIVEN_UP)
    assert event.facts["failure"] == OPTED_OUT


def test_twilios_refusal_notes_it_so_that_twilio_is_not_asked_again(now, twilio):
    twilio.unsubscribed.add(PHONE)
    first, second = (sent_to(now, sms_address()) for _ in range(2))
    assert (first.failure, second.failure) == ("twilio_21610", OPTED_OUT)
    assert len(twilio.requests) == 1


def test_the_second_providers_refusal_notes_it_too(now, http_sms):
    http_sms.unsubscribed.add(PHONE)
    assert sent_to(now, sms_address()).failure == "http_opted_out"
    assert SmsOptOut.objects.count() == 1


def test_a_stop_at_one_provider_leaves_the_other(now, both_providers):
    """A word that somebody may have forged at one carrier must not silence every carrier."""
    twilio, http_sms = both_providers
    for told, asked, other in (("http", twilio, http_sms), ("twilio", http_sms, twilio)):
        note(now, provider=told)
        before = len(asked.requests), len(other.requests)
        assert sent_to(now, sms_address()).state == DeliveryState.SENT
        assert (len(asked.requests), len(other.requests)) == (before[0] + 1, before[1])
        lift()


def test_told_at_every_provider_the_message_is_given_up_unsent(now, both_providers):
    for provider in ("twilio", "http"):
        note(now, provider=provider)
    assert sent_to(now, sms_address()).failure == OPTED_OUT
    assert [stand_in.requests for stand_in in both_providers] == [[], []]


def test_a_start_at_one_provider_lifts_its_own_note_alone(now):
    for provider in ("twilio", "http"):
        note(now, provider=provider)
    assert lift(provider="http")
    assert [row.provider for row in SmsOptOut.objects.all()] == ["twilio"]


def test_only_the_first_note_in_a_week_is_new(now):
    """So that the owner of the number is told of it once."""
    assert [note(now), note(now), note(now, provider="http")] == [True, False, True]
    assert note(now + HOLDS_FOR)


def test_another_refusal_notes_nothing(now, twilio):
    twilio.closed_countries.add("+45")
    assert sent_to(now, sms_address()).failure == "twilio_21408"
    assert not SmsOptOut.objects.exists()


def test_other_numbers_and_e_mails_are_not_concerned(now, twilio, mail_server):
    note(now, "+4520999999")
    assert sent_to(now, sms_address()).state == DeliveryState.SENT
    assert sent_to(now, email_address()).state == DeliveryState.SENT


def test_a_start_lifts_it_once(now, twilio):
    note(now)
    assert (lift(), lift()) == (True, False)
    assert sent_to(now, sms_address()).state == DeliveryState.SENT


def test_after_a_week_the_carrier_is_asked_again_and_may_note_it_anew(now, twilio):
    """A START that did not reach us must not silence a phone for good."""
    twilio.unsubscribed.add(PHONE)
    note(now)
    later = now + HOLDS_FOR
    assert sent_to(later, sms_address()).failure == "twilio_21610"
    assert sent_to(later + timedelta(days=1), sms_address()).failure == OPTED_OUT
    twilio.unsubscribed.clear()
    assert sent_to(later + HOLDS_FOR + timedelta(minutes=1), sms_address()).state == DeliveryState.SENT


def test_of_two_that_note_it_at_once_both_succeed(now):
    barrier, faults = threading.Barrier(2), []

    def one():
        barrier.wait()
        try:
            note(now)
        except Exception as fault:  # noqa: BLE001 - shown below
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (faults, SmsOptOut.objects.count()) == ([], 1)


def test_the_number_is_not_in_the_row(now):
    note(now)
    row = SmsOptOut.objects.get()
    stored = bytes(row.phone_sealed) + bytes(row.phone_index)
    assert PHONE.encode() not in stored
    assert PHONE[3:].encode() not in stored


def test_a_note_or_its_end_outside_a_transaction_is_refused(now):
    with pytest.raises(transaction.TransactionManagementError):
        note_opt_out(phone=PHONE, provider="twilio", now=now)
    with pytest.raises(transaction.TransactionManagementError):
        lift_opt_out(phone=PHONE)


def test_a_note_is_found_across_versions_of_the_key(now, twilio):
    """KEY-1: while the keys change, a number has an index under each; a note is neither doubled nor lost."""
    note(now)
    rotate(KeyName.LOOKUP)
    try:
        note(now)
        assert SmsOptOut.objects.count() == 1
        twilio.unsubscribed.add(PHONE)
        assert sent_to(now, sms_address()).failure == "twilio_21610"  # its own index is new: the carrier says no
        assert lift()
    finally:
        forget_keyring()
