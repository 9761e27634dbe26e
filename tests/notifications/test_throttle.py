"""Codes are limited by number, identity and hand, at once too; at the cost ceiling new numbers get none."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from notifications.messages import ContactCode, IdentityReopened
from notifications.models import Delivery
from notifications.rules.day import day_ends
from notifications.rules.throttle import DAY, HOUR, LIMITS, MOST_LOOKED_AT, Limit, ThrottleReason, next_at
from notifications.sealing import address_indexes
from notifications.states import Channel, Language, Priority
from notifications.steps import Address, enqueue
from notifications.throttle import ThrottleRefusal, refusal_to_send_code
from tests.factories.together import at_once
from tests.notifications.conftest import EMAIL, PHONE, row, sms_address
from tests.notifications.test_indexes import indexes_of
from tests.registration.operators import answered

SECOND = timedelta(seconds=1)
BY_ADDRESS, BY_REFERENCE, BY_SOURCE = (
    LIMITS[reason] for reason in (ThrottleReason.ADDRESS, ThrottleReason.REFERENCE, ThrottleReason.SOURCE)
)


def send(*, now, address=PHONE, reference=None, source=None, is_proven=False):
    """Ask and, when it may, store a code, as the acts do."""
    channel = Channel.EMAIL if "@" in address else Channel.SMS
    reference = reference or uuid4()
    with transaction.atomic():
        refusal = refusal_to_send_code(
            channel=channel, address=address, reference=reference, source=source, is_proven=is_proven, now=now
        )
        if refusal is None:
            enqueue(
                message=ContactCode(code="123456", minutes=15),
                addresses=[Address(channel=channel, value=address, id=uuid4())],
                language=Language.DA,
                reference=reference,
                source=source,
                now=now,
            )
    return refusal


def codes_sent(count, *, at, **which):
    Delivery.objects.bulk_create(row(at, priority=Priority.CODE, useful_until=at + HOUR, **which) for _ in range(count))


# --- the rule ---


@given(
    ages=st.lists(st.integers(0, 3 * 24 * 60), max_size=40),
    most=st.integers(1, 12),
    minutes=st.sampled_from([30, 60, 24 * 60]),
)
def test_try_2_there_are_never_more_than_the_limit_in_any_window(ages, most, minutes):
    """TRY-2: when one may go out, fewer than the limit lie within; and at the time that it names one may."""
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    limit = Limit(most, timedelta(minutes=minutes))
    sent = sorted((now - timedelta(minutes=age) for age in ages), reverse=True)
    wait_until = next_at(sent, [limit], now=now)
    within = [at for at in sent if at > now - limit.within]
    assert (wait_until is None) == (len(within) < most)
    if wait_until is not None:
        assert now < wait_until <= now + limit.within
        assert next_at(sent, [limit], now=wait_until) is None


def test_of_two_limits_the_later_end_counts(now):
    sent = [now - HOUR + SECOND] * 3
    assert next_at(sent, [Limit(3, HOUR), Limit(3, DAY)], now=now) == now + DAY - HOUR + SECOND


# --- the codes ---


@pytest.mark.django_db
def test_try_2_one_number_gets_ten_an_hour_whoever_they_are_for(now):
    """TRY-2."""
    most = BY_ADDRESS[0].most
    assert [send(now=now) for _ in range(most)] == [None] * most
    assert send(now=now) == ThrottleRefusal(ThrottleReason.ADDRESS, now + HOUR)
    assert send(now=now, address="+4520999999") is None
    assert send(now=now + HOUR - SECOND) is not None
    assert send(now=now + HOUR) is None
    assert Delivery.objects.count() == most + 2


@pytest.mark.django_db
def test_try_2_codes_that_others_have_sent_to_a_number_keep_none_from_its_owner(now):
    """TRY-2: a stranger who says all day that the number is theirs meets the limit, its owner only their own."""
    most, (owner, family) = BY_ADDRESS[0].most, (uuid4(), uuid4())
    for hours in range(3):
        codes_sent(most, at=now - timedelta(hours=hours), address_index=address_indexes(PHONE)[0])
    assert send(now=now) == ThrottleRefusal(ThrottleReason.ADDRESS, now + DAY - HOUR)
    assert [send(now=now, reference=owner, is_proven=True) for _ in range(most)] == [None] * most
    refused = send(now=now, reference=owner, is_proven=True)
    assert refused == ThrottleRefusal(ThrottleReason.REFERENCE, now + HOUR)
    assert send(now=now, reference=family, is_proven=True) is None


@pytest.mark.django_db
def test_try_2_one_identity_gets_ten_an_hour_on_whatever_numbers(now):
    """TRY-2."""
    reference, most = uuid4(), BY_REFERENCE[0].most
    numbers = [f"+45201000{number:02}" for number in range(most + 1)]
    assert [send(now=now, address=number, reference=reference) for number in numbers[:-1]] == [None] * most
    refused = send(now=now, address=numbers[-1], reference=reference)
    assert refused == ThrottleRefusal(ThrottleReason.REFERENCE, now + HOUR)


@pytest.mark.django_db
def test_try_2_one_hand_sends_sixty_an_hour(now):
    """TRY-2."""
    source = uuid4()
    codes_sent(BY_SOURCE[0].most - 1, at=now, source=source)
    assert send(now=now, source=source) is None
    assert send(now=now, source=source) == ThrottleRefusal(ThrottleReason.SOURCE, now + HOUR)
    assert send(now=now, source=uuid4()) is None
    assert send(now=now, source=None) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reason", "which"),
    [(ThrottleReason.REFERENCE, "reference"), (ThrottleReason.SOURCE, "source")],
)
def test_try_2_a_day_has_a_limit_of_its_own(now, reason, which):
    """TRY-2."""
    someone, (_hour, day) = uuid4(), LIMITS[reason]
    codes_sent(day.most, at=now - timedelta(hours=2), **{which: someone})
    refused = send(now=now, **{which: someone})
    assert refused == ThrottleRefusal(reason, now - timedelta(hours=2) + DAY)


@pytest.mark.django_db
def test_alerts_are_not_counted_and_not_limited(now):
    Delivery.objects.bulk_create(row(now, reference=uuid4()) for _ in range(30))
    reference = uuid4()
    for _ in range(30):
        with transaction.atomic():
            enqueue(
                message=IdentityReopened(at=now), addresses=[sms_address()], language=Language.DA,
                reference=reference, now=now,
            )  # fmt: skip
    assert send(now=now, reference=reference) is None


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_decided(now):
    with pytest.raises(transaction.TransactionManagementError):
        refusal_to_send_code(
            channel=Channel.SMS, address=PHONE, reference=uuid4(), source=None, is_proven=True, now=now
        )


@pytest.mark.django_db
def test_each_limit_is_read_through_its_index_and_no_further_than_it_counts(now):
    codes_sent(300, at=now - timedelta(hours=3), source=uuid4())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_delivery")
    with CaptureQueriesContext(connection) as asked:
        send(now=now, address="somebody.else@example.dk", source=uuid4())
    reads = [query["sql"] for query in asked if 'FROM "notifications_delivery"' in query["sql"]]
    found = [name for sql in reads for name in indexes_of(sql)]
    assert found == ["delivery_codes_by_address", "delivery_codes_by_reference", "delivery_codes_by_source"]
    assert [f"LIMIT {most}" in sql for sql, most in zip(reads, MOST_LOOKED_AT.values(), strict=True)] == [True] * 3


@pytest.mark.django_db(transaction=True)
def test_try_2_of_codes_that_are_asked_for_at_once_no_more_than_the_limit_go_out(now):
    """TRY-2."""
    for _ in range(BY_ADDRESS[0].most - 1):
        send(now=now)
    refusals = at_once(*[lambda: send(now=now)] * 4)
    assert refusals.count(None) == 1
    assert Delivery.objects.count() == BY_ADDRESS[0].most


# --- the ceiling ---


@pytest.mark.django_db
def test_over_the_ceiling_a_number_that_nobody_has_proven_gets_no_code_and_all_else_goes_on(now, settings):
    settings.SMS_COST_CEILING_PER_DAY, settings.SMS_SEGMENT_COST_MICRO = 1, 100_000
    answered(at=now, answered_yes=9, segments=9)
    assert send(now=now, is_proven=False) is None
    answered(at=now, answered_yes=1, segments=1)
    assert send(now=now, is_proven=False) == ThrottleRefusal(ThrottleReason.COST, day_ends(now))
    assert send(now=now, is_proven=True) is None
    assert send(now=now, address=EMAIL, is_proven=False) is None
    assert send(now=day_ends(now), is_proven=False) is None
    settings.SMS_COST_CEILING_PER_DAY = 0
    assert send(now=now, is_proven=False) is None
