"""The database refuses what the states forbid: each constraint broken on purpose."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from notifications.models import Delivery, LocalMessage, ProviderMinute, ReceivedSms, SmsOptOut
from notifications.models.provider_minute import SLOTS
from notifications.states import Channel, DeliveryState
from tests.notifications.conftest import row

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SENT = {
    "state": DeliveryState.SENT,
    "attempts": 1,
    "sent_at": HOUR,
    "provider": "twilio",
    "provider_reference": "SM1",
    "next_attempt_at": None,
}
DELIVERED = SENT | {"state": DeliveryState.DELIVERED, "delivered_at": HOUR}
INBOX = SENT | {"channel": Channel.APP, "provider": "inbox", "provider_reference": "inbox"}
GIVEN_UP = {"state": DeliveryState.GIVEN_UP, "given_up_at": HOUR, "failure": "twilio_21211", "next_attempt_at": None}
CLAIMED = {"state": DeliveryState.CLAIMED, "attempts": 1}
HELD = {"state": DeliveryState.HELD, "next_attempt_at": None}
NOT_NEEDED = {"state": DeliveryState.NOT_NEEDED, "next_attempt_at": None}

TRIED = {"attempts": 1, "provider": "twilio"}

ALLOWED = [
    {},
    CLAIMED,
    SENT,
    DELIVERED,
    INBOX,
    GIVEN_UP,
    HELD,
    NOT_NEEDED,
    GIVEN_UP | {"words_dropped_at": HOUR},
    DELIVERED | {"words_dropped_at": HOUR},
    {"channel": Channel.SMS, "subject_sealed": None},
    SENT | {"receipt_due_at": HOUR, "segments": 1, "cost_micro": 0, "cost_currency": "USD"},
    TRIED | {"in_doubt_since": HOUR, "provider_reference": "SM1"},
    CLAIMED | {"attempts": 2, "in_doubt_since": HOUR, "maybe_doubled": 1},
]
BROKEN = [
    ("delivery_words_dropped_after_it_ended", {"words_dropped_at": HOUR}),
    ("delivery_words_dropped_after_it_ended", HELD | {"words_dropped_at": HOUR}),
    ("delivery_words_dropped_after_it_ended", INBOX | {"words_dropped_at": HOUR}),
    ("delivery_words_dropped_after_it_ended", GIVEN_UP | {"words_dropped_at": -HOUR}),
    ("delivery_kind_is_known", {"kind": "greeting"}),
    ("delivery_channel_is_known", {"channel": "PIGEON", "subject_sealed": None}),
    ("delivery_priority_is_known", {"priority": 4}),
    ("delivery_language_is_known", {"language": "de"}),
    ("delivery_state_is_known", {"state": "LOST", "next_attempt_at": None}),
    ("delivery_has_a_next_attempt_while_open", {"next_attempt_at": None}),
    ("delivery_has_a_next_attempt_while_open", CLAIMED | {"next_attempt_at": None}),
    ("delivery_has_a_next_attempt_while_open", SENT | {"next_attempt_at": HOUR}),
    ("delivery_has_a_next_attempt_while_open", GIVEN_UP | {"next_attempt_at": HOUR}),
    ("delivery_has_a_next_attempt_while_open", HELD | {"next_attempt_at": HOUR}),
    ("delivery_sent_with_time_and_provider_reference", SENT | {"sent_at": None}),
    ("delivery_sent_with_time_and_provider_reference", SENT | {"provider_reference": ""}),
    ("delivery_sent_with_time_and_provider_reference", {"sent_at": HOUR}),
    ("delivery_sent_with_time_and_provider_reference", SENT | {"provider": "", "provider_reference": ""}),
    ("delivery_sent_with_time_and_provider_reference", DELIVERED | {"sent_at": None}),
    ("delivery_delivered_with_time", DELIVERED | {"delivered_at": None}),
    ("delivery_delivered_with_time", SENT | {"delivered_at": HOUR}),
    ("delivery_receipt_is_awaited_while_sent", {"receipt_due_at": HOUR}),
    ("delivery_receipt_is_awaited_while_sent", DELIVERED | {"receipt_due_at": HOUR}),
    ("delivery_in_doubt_while_open_after_an_attempt", {"in_doubt_since": HOUR}),
    ("delivery_in_doubt_while_open_after_an_attempt", SENT | {"in_doubt_since": HOUR}),
    ("delivery_maybe_doubled_after_its_first_attempt", CLAIMED | {"maybe_doubled": 1}),
    ("delivery_provider_is_a_code", CLAIMED | {"provider": "Twilio Inc."}),
    ("delivery_reference_is_a_providers", CLAIMED | {"provider_reference": "SM1"}),
    ("delivery_has_at_least_one_segment", SENT | {"segments": 0}),
    ("delivery_cost_has_a_currency", SENT | {"cost_micro": 7500}),
    ("delivery_cost_has_a_currency", SENT | {"cost_micro": 7500, "cost_currency": "usd"}),
    ("delivery_cost_has_a_currency", SENT | {"cost_micro": -1, "cost_currency": "USD"}),
    ("delivery_cost_has_a_currency", SENT | {"cost_currency": "USD"}),
    ("delivery_has_an_address_index_unless_inbox", {"address_index": None}),
    ("delivery_has_an_address_index_unless_inbox", INBOX | {"address_index": b"x"}),
    ("delivery_given_up_with_time_and_failure", GIVEN_UP | {"given_up_at": None}),
    ("delivery_given_up_with_time_and_failure", GIVEN_UP | {"failure": ""}),
    ("delivery_given_up_with_time_and_failure", {"given_up_at": HOUR}),
    ("delivery_tried_before_claimed_or_sent", CLAIMED | {"attempts": 0}),
    ("delivery_tried_before_claimed_or_sent", SENT | {"attempts": 0}),
    ("delivery_untried_while_held", HELD | {"attempts": 1}),
    ("delivery_untried_while_held", NOT_NEEDED | {"attempts": 1}),
    ("delivery_unanswered_are_among_its_attempts", {"unanswered": 1}),
    ("delivery_unanswered_are_among_its_attempts", CLAIMED | {"unanswered": 2}),
    ("delivery_failing_since_an_attempt", {"failing_since": timedelta()}),
    ("delivery_failure_is_a_code", {"failure": "no answer from +45 20123456"}),
    ("delivery_has_a_subject_unless_sms", {"subject_sealed": None}),
    ("delivery_has_a_subject_unless_sms", {"channel": Channel.SMS}),
    ("delivery_to_the_inbox_has_arrived", {"channel": Channel.APP}),
    ("delivery_read_in_the_inbox_after_it_came", {"read_at": timedelta(days=1)}),
    ("delivery_sealed_columns_are_filled", {"address_sealed": b""}),
    ("delivery_sealed_columns_are_filled", {"body_sealed": b""}),
    ("delivery_sealed_columns_are_filled", {"subject_sealed": b""}),
    ("delivery_sealed_columns_are_filled", {"address_index": b""}),
    ("delivery_useful_after_it_was_made", {"useful_until": timedelta()}),
]
REQUIRED = [
    "message_id", "kind", "channel", "priority", "language", "contact_id", "reference", "address_sealed", "body_sealed",
    "state", "attempts", "unanswered", "maybe_doubled", "created_at", "provider", "provider_reference", "cost_currency",
    "failure",
]  # fmt: skip


def built(now, changes):
    return row(now, **{name: now + value if isinstance(value, timedelta) else value for name, value in changes.items()})


@pytest.mark.parametrize("changes", ALLOWED)
def test_every_state_has_a_row_that_is_allowed(now, changes):
    built(now, changes).save(force_insert=True)


@pytest.mark.parametrize(("constraint", "changes"), BROKEN)
def test_what_a_constraint_forbids_is_refused(now, constraint, changes):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        built(now, changes).save(force_insert=True)


def test_every_constraint_of_a_delivery_is_broken_here():
    named = {constraint.name for constraint in Delivery._meta.constraints}
    broken_below = {"delivery_replaces_another", "delivery_provider_reference_is_one"}
    assert named == {constraint for constraint, _changes in BROKEN} | broken_below


@pytest.mark.parametrize("column", REQUIRED)
def test_nothing_that_is_required_may_be_missing(now, column):
    with pytest.raises(IntegrityError, match="null value"), transaction.atomic():
        row(now, **{column: None}).save(force_insert=True)


def test_a_delivery_does_not_replace_itself(now):
    delivery = row(now)
    delivery.replaces = delivery
    with pytest.raises(IntegrityError, match="delivery_replaces_another"), transaction.atomic():
        delivery.save(force_insert=True)


def test_a_providers_reference_is_one_deliverys(now):
    built(now, SENT).save(force_insert=True)
    with pytest.raises(IntegrityError, match="delivery_provider_reference_is_one"), transaction.atomic():
        built(now, SENT).save(force_insert=True)
    built(now, SENT | {"provider": "http"}).save(force_insert=True)
    for _ in range(2):
        built(now, INBOX).save(force_insert=True)


MINUTE = {"provider": "twilio", "channel": Channel.SMS, "slot": 0}


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("provider_minute_is_one_row_a_slot", {}),
        ("provider_minute_channel_is_known", {"channel": "PIGEON"}),
        ("provider_minute_slot_is_known", {"slot": SLOTS}),
        ("provider_minute_provider_is_a_code", {"provider": ""}),
        ("provider_minute_sums_are_not_negative", {"slot": 1, "took_ms_sum": -1}),
        ("provider_minute_sums_are_not_negative", {"slot": 1, "cost_micro": -1}),
    ],
)
def test_a_providers_minute_is_what_it_says(now, constraint, changes):
    ProviderMinute.objects.create(minute=now, **MINUTE)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ProviderMinute.objects.create(minute=now, **MINUTE | changes)


def test_every_constraint_of_a_providers_minute_is_broken_here():
    named = {constraint.name for constraint in ProviderMinute._meta.constraints}
    assert named == {
        "provider_minute_is_one_row_a_slot",
        "provider_minute_channel_is_known",
        "provider_minute_slot_is_known",
        "provider_minute_provider_is_a_code",
        "provider_minute_sums_are_not_negative",
    }


@pytest.mark.parametrize("empty", ["phone_sealed", "phone_index"])
def test_an_opt_out_has_its_number_sealed_and_indexed(now, empty):
    values = {"phone_sealed": b"x", "phone_index": b"y", "provider": "twilio"} | {empty: b""}
    with pytest.raises(IntegrityError, match="sms_opt_out_columns_are_filled"), transaction.atomic():
        SmsOptOut.objects.create(noted_at=now, **values)


def test_a_number_has_one_opt_out_a_provider(now):
    for provider in ("twilio", "http"):
        SmsOptOut.objects.create(noted_at=now, phone_sealed=b"x", phone_index=b"y", provider=provider)
    with pytest.raises(IntegrityError, match="sms_opt_out_is_one_a_provider"), transaction.atomic():
        SmsOptOut.objects.create(noted_at=now, phone_sealed=b"z", phone_index=b"y", provider="http")


def test_an_opt_out_names_its_provider(now):
    with pytest.raises(IntegrityError, match="sms_opt_out_provider_is_a_code"), transaction.atomic():
        SmsOptOut.objects.create(noted_at=now, phone_sealed=b"x", phone_index=b"y", provider="")


def test_a_delivery_is_replaced_once(now):
    first = row(now, **GIVEN_UP | {"given_up_at": now})
    first.save(force_insert=True)
    row(now, replaces=first).save(force_insert=True)
    with pytest.raises(IntegrityError, match="replaces"), transaction.atomic():
        row(now, replaces=first).save(force_insert=True)


def test_a_delivery_that_was_replaced_stays(now):
    first = row(now, **GIVEN_UP | {"given_up_at": now})
    first.save(force_insert=True)
    row(now, replaces=first).save(force_insert=True)
    with pytest.raises(ProtectedError):
        first.delete()


def test_a_local_message_is_of_a_channel_that_has_one(now):
    with pytest.raises(IntegrityError, match="local_message_channel_is_known"), transaction.atomic():
        LocalMessage.objects.create(delivery_id=row(now).id, at=now, channel=Channel.APP, to="x", text="x")


@pytest.mark.parametrize("provider_id", ["", "SM 1", "SM\u00e6"])
def test_a_received_sms_has_a_plain_id(now, provider_id):
    with pytest.raises(IntegrityError, match="received_sms_provider_id_is_plain"), transaction.atomic():
        ReceivedSms.objects.create(provider_id=provider_id, received_at=now)
