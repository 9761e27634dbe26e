"""An auditor's search reads what it shows, not the whole log, and shows no line that cannot be."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from audit.api import EventKey, EventKind, event_by_key, search_events
from tests.audit.a_log import NOW, as_attacker, at_of, event, execute, insert

pytestmark = pytest.mark.django_db
MONTHS = 10
ROWS = 3_000 * MONTHS
OLD = UUID(int=7)
LONG_AGO = {
    "kind": {"kinds": [EventKind.IDENTITY_BLOCKED]},
    "actor": {"actor_id": OLD},
    "subject": {"subject_id": OLD},
}


@pytest.fixture
def big_log() -> None:
    """Ten months; a kind, an actor and a subject that were often there in the first, and never since."""
    for month in range(1, MONTHS + 1):
        execute("SELECT audit_make_partition(%s)", date(2026, month, 1))
    execute(
        """
        INSERT INTO audit_auditevent (id, at, kind, actor_kind, actor_id, subject_id, facts, mac)
        SELECT n, '2026-01-01'::timestamptz + n * interval '1 minute' * (300 * 24 * 60 / %s),
               CASE WHEN is_old THEN 'identities.identity_blocked' ELSE 'authentication.login_succeeded' END, 'citizen',
               CASE WHEN is_old THEN %s ELSE gen_random_uuid() END, CASE WHEN is_old THEN %s ELSE gen_random_uuid() END,
               '{}', decode(repeat('00', 34), 'hex')
        FROM generate_series(1, %s) AS n, LATERAL (SELECT n < 3000 AND mod(n, 3) = 0 AS is_old) AS old
        """,
        *(ROWS, OLD, OLD, ROWS),
    )
    execute("ANALYZE audit_auditevent")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.mark.parametrize("name", LONG_AGO)
@pytest.mark.parametrize("is_older_page", [False, True])
def test_a_search_for_what_happened_long_ago_reads_no_more_than_it_shows(big_log, name, is_older_page):
    """Whatever is newer is passed by in the index, not row by row."""
    before = EventKey(NOW - timedelta(days=30), ROWS) if is_older_page else None
    with CaptureQueriesContext(connection) as asked:
        found = search_events(**LONG_AGO[name], left_out=[uuid7()], before=before, limit=26)
    assert len(found) == 26
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + asked.captured_queries[0]["sql"])
        told = cursor.fetchone()[0]
    plan = (told if isinstance(told, list) else json.loads(told))[0]["Plan"]
    reads = [node for node in nodes(plan) if "Relation Name" in node and node["Actual Loops"]]
    assert reads
    read = sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in reads)
    # In its own month every third row is one: there reading by time alone, three rows for one, is as good.
    assert 26 <= read <= 500


@pytest.mark.parametrize("instant", ["infinity", "-infinity", "294276-12-31 00:00+00"])
def test_a_line_of_no_instant_that_can_be_is_passed_by(log, instant):
    """Verification tells of it; no search ends with an error, none has it in front for ever."""
    with as_attacker():
        execute("ALTER TABLE audit_auditevent DROP CONSTRAINT event_at_is_of_our_time")
        insert([event(70, id=1000, at=instant, mac=bytes(34))])
        assert [line.id for line in search_events(limit=2)] == [70, 69]


def test_a_line_without_an_id_is_passed_by(log):
    with as_attacker():
        execute("ALTER TABLE audit_auditevent DROP CONSTRAINT audit_auditevent_pkey")
        execute("ALTER TABLE audit_auditevent ALTER id DROP NOT NULL")
        insert([event(70, id=None, at=NOW, mac=bytes(34))])
        assert [line.id for line in search_events(limit=2)] == [70, 69]


@pytest.mark.parametrize("missing", ['[["x", "y"]]', "[[1]]", "[7]", '[{"a": 1}]', "[[1e30, 1e31]]"])
def test_a_seal_that_names_no_ids_as_missing_ends_no_search(log, missing):
    with as_attacker():
        execute("UPDATE audit_auditseal SET missing = %s::jsonb WHERE number = 3", missing)
        line = event_by_key(EventKey(at_of(30), 30))
    assert line is not None
    assert line.seal == 3
