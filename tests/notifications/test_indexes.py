"""Each index is there for a query, and each query that pages or tasks make has its index."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import queries
from notifications.models import Delivery, ProviderMinute
from notifications.states import DeliveryState, ReportStatus
from notifications.steps import release_held
from notifications.transports import ProviderReport
from notifications.usecases.claim_delivery import claim_delivery
from notifications.usecases.forget_words import forget_words
from notifications.usecases.note_prices import note_prices
from notifications.usecases.note_provider_report import note_provider_report
from notifications.usecases.reconcile import forget_minutes, reconcile
from tests.notifications.conftest import asks_local, row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tables_that_nobody_has_counted(db):
    """What another test's ANALYZE told the planner outlives its rows: of an empty table any index is as good."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relname LIKE 'notifications_%'")
        cursor.execute("DELETE FROM pg_statistic WHERE starelid::regclass::text LIKE 'notifications_%'")


def _report(now):
    note_provider_report(
        provider="twilio",
        provider_reference="SM1",
        delivery_id=None,
        report=ProviderReport(ReportStatus.ON_ITS_WAY),
        now=now,
    )


def _release(now):
    held = row(now, state=DeliveryState.HELD, next_attempt_at=None)
    held.save(force_insert=True)
    with transaction.atomic():
        release_held(held)


ASKED = {
    "delivery_due": lambda now: queries.due(now=now, limit=500),
    "delivery_by_reference": lambda _now: queries.deliveries_of(reference=uuid4(), limit=20, before=uuid4()),
    "delivery_inbox": lambda _now: queries.inbox_of(reference=uuid4(), limit=20),
    "delivery_by_message": _release,
    "delivery_given_up_by_contact": lambda now: queries.contacts_given_up(contact_ids=[uuid4()], since=now),
    "delivery_receipt_due": lambda now: reconcile(now=now),
    "delivery_without_a_price": lambda now: note_prices(now=now),
    "delivery_past_use": lambda now: forget_words(now=now),
    "delivery_has_words": lambda now: forget_words(now=now),
    "delivery_dead_letters": lambda _now: queries.dead_letters(limit=20, before=uuid4()),
    "delivery_provider_reference_is_one": _report,
    "provider_minute_is_one_row_a_slot": lambda now: queries.provider_minutes(since=now - timedelta(minutes=15)),
}


ELSEWHERE = {
    # of limits by address, source and identity, and of the operators' page: their own tests ask
    "delivery_codes_by_address",
    "delivery_codes_by_reference",
    "delivery_codes_by_source",
    "delivery_given_up_lately",
    "delivery_heartbeats",
    "delivery_maybe_doubled",
}


def drained(now):
    claim_delivery(
        delivery_id=None, now=now, lease_for=timedelta(minutes=1), unanswered_limit=9, provider_for=asks_local
    )


def indexes_of(sql):
    return _named(json.loads(plan_of(sql)))


def plan_of(sql):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()
    return plan if isinstance(plan, str) else json.dumps(plan)


def _named(node):
    if isinstance(node, list):
        return [name for item in node for name in _named(item)]
    if not isinstance(node, dict):
        return []
    found = [node["Index Name"]] if "Index Name" in node else []
    return found + [name for value in node.values() for name in _named(value)]


@pytest.mark.parametrize("index", ASKED)
def test_a_query_goes_through_its_index(now, index):
    with CaptureQueriesContext(connection) as asked:
        ASKED[index](now)
    reads = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    assert reads
    assert any(index in indexes_of(sql) for sql in reads), [(sql, indexes_of(sql)) for sql in reads]


def test_the_most_urgent_is_claimed_through_the_index_without_a_sort(now):
    with CaptureQueriesContext(connection) as asked:
        drained(now)
    (read,) = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    found = indexes_of(read)
    assert set(found) == {"delivery_due", "sms_opt_out_is_one_a_provider"}
    assert "Sort" not in plan_of(read)


def test_counts_of_long_ago_are_found_through_the_index(now):
    with CaptureQueriesContext(connection) as asked:
        forget_minutes(now=now)
    deletes = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("DELETE")]
    assert [indexes_of(sql) for sql in deletes] == [["provider_minute_is_one_row_a_slot"]]


def test_every_index_is_some_querys():
    named = {index.name for model in (Delivery, ProviderMinute) for index in model._meta.indexes}
    assert named <= set(ASKED) | ELSEWHERE
