"""The log is searched by every combination, in pages, each line with its seal, and by an index."""

import itertools
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from audit.api import (
    Actor,
    EventKey,
    EventKind,
    event_by_key,
    latest_seals,
    latest_verifications,
    neighbours_of,
    seal_state,
    search_events,
)
from tests.registration.auditors import happened, newest_id, no_id, sealed, verified

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def ids(lines):
    return [line.id for line in lines]


@pytest.fixture
def history(now):
    """Two subjects, two actors, two kinds, a minute between events."""
    subjects, actors = (uuid7(), uuid7()), (uuid7(), uuid7())
    kinds = (EventKind.LOGIN_SUCCEEDED, EventKind.SIGNED_OUT)
    rows = []
    for place, (subject, actor, kind) in enumerate(itertools.product(subjects, actors, kinds)):
        at = now + place * MINUTE
        rows.append((happened(at=at, subject=subject, actor=Actor.citizen(actor), kind=kind), subject, actor, kind, at))
    return rows


@pytest.mark.parametrize("chosen", list(itertools.product([False, True], repeat=5)))
def test_every_combination_finds_what_meets_all_of_it(history, now, chosen):
    _, subject, actor, kind, _ = history[3]
    by_subject, by_actor, by_kind, has_since, has_until = chosen
    since, until = now + MINUTE, now + 6 * MINUTE
    found = search_events(
        subject_id=subject if by_subject else None,
        actor_id=actor if by_actor else None,
        kinds=[kind] if by_kind else None,
        since=since if has_since else None,
        until=until if has_until else None,
        limit=100,
    )
    expected = [
        row[0]
        for row in reversed(history)
        if (not by_subject or row[1] == subject)
        and (not by_actor or row[2] == actor)
        and (not by_kind or row[3] is kind)
        and (not has_since or row[4] >= since)
        and (not has_until or row[4] < until)
    ]
    assert [row_id for row_id in ids(found) if row_id >= history[0][0]] == expected


def test_a_page_goes_on_where_the_last_one_ended_within_one_instant_too(now):
    subject = uuid7()
    expected = [happened(at=now + (place // 4) * MINUTE, subject=subject) for place in range(10)][::-1]
    found, before = [], None
    while page := search_events(subject_id=subject, before=before, limit=3):
        found += ids(page)
        before = page[-1].key
    assert found == expected


def test_the_newest_comes_first_by_time_though_its_id_was_drawn_early(now):
    subject = uuid7()
    later = happened(at=now + MINUTE, subject=subject)
    earlier = happened(at=now, subject=subject)
    assert ids(search_events(subject_id=subject, limit=5)) == [later, earlier]


def test_reg_10_what_somebody_did_and_what_is_about_them_is_left_out(now):
    """REG-10: rows without an actor or a subject are about nobody, and stay."""
    me, other = uuid7(), uuid7()
    by_me = happened(at=now, subject=other, actor=Actor.citizen(me))
    about_me = happened(at=now, subject=me)
    neither = happened(at=now, subject=other)
    about_nobody = happened(at=now, actor=Actor.citizen(other))
    found = ids(search_events(left_out=[me], limit=100))
    assert {by_me, about_me}.isdisjoint(found)
    assert {neither, about_nobody} <= set(found)


def test_a_page_has_at_least_one_line():
    with pytest.raises(ValueError, match="at least one"):
        search_events(limit=0)


# --- one event ---


def test_one_event_is_found_by_time_and_id_with_its_neighbours(now):
    subject = uuid7()
    keys = [EventKey(now, happened(at=now, subject=subject)) for _ in range(3)]
    middle = event_by_key(keys[1])
    assert middle.key == keys[1]
    assert neighbours_of(middle) == (keys[0], keys[2])
    assert neighbours_of(event_by_key(keys[0])) == (None, keys[1])
    assert event_by_key(EventKey(now + MINUTE, keys[1].id)) is None
    assert neighbours_of(event_by_key(EventKey(now, happened(at=now)))) == (None, None)


# --- seals ---


def test_log_1_every_line_names_the_seal_that_covers_it(now):
    """LOG-1: also a row that was committed late, and none for one that no seal covers yet."""
    subject = uuid7()
    start = newest_id() or 0
    first = happened(at=now, subject=subject)
    late = happened(at=now, subject=subject)  # its id was drawn in time, its row came after the first seal
    never = happened(at=now, subject=subject)  # in a gap as well, and in no later seal
    second = happened(at=now, subject=subject)
    third = happened(at=now, subject=subject)
    waiting = happened(at=now, subject=subject)
    sealed(number=1, last_id=second, at=now, missing=[(late, never)], rows=start + 2)
    sealed(number=2, last_id=third, at=now + MINUTE)
    sealed(number=3, last_id=third, at=now + 2 * MINUTE, late=[late])
    seals = {line.id: line.seal for line in search_events(subject_id=subject, limit=10)}
    assert seals == {first: 1, late: 3, never: None, second: 1, third: 2, waiting: None}


def test_log_1_the_state_of_the_seals(now, settings):
    """LOG-1: how many wait, and since when; late after twelve rounds."""
    settings.AUDIT_SEAL_SECONDS = 5.0
    sealed(number=1, last_id=(newest_id() or 0) + 1, at=now, first_id=1)
    no_id()
    assert seal_state(now=now).waiting == 0
    for place in range(3):
        happened(at=now + place * timedelta(seconds=1))
    state = seal_state(now=now + timedelta(seconds=60))
    assert (state.number, state.at, state.waiting, state.oldest_waiting_at) == (1, now, 3, now)
    assert not state.is_late
    assert seal_state(now=now + timedelta(seconds=61)).is_late


def test_without_any_seal_everything_waits(now):
    happened(at=now)
    state = seal_state(now=now + timedelta(hours=1))
    assert (state.number, state.at, state.is_late) == (None, None, True)


def test_seals_and_verifications_are_listed_the_newest_first(now):
    for number in range(1, 6):
        sealed(
            number=number, last_id=number * 10, at=now + number * MINUTE, late=[number] if number > 3 else [], rows=9
        )
    assert [(seal.number, seal.rows, seal.late_rows) for seal in latest_seals(limit=2)] == [(5, 9, 1), (4, 9, 1)]
    assert [seal.number for seal in latest_seals(before=4, limit=2)] == [3, 2]
    verified(at=now)
    verified(at=now + MINUTE, findings=3, from_seal=None, to_seal=None)
    assert [(look.findings, look.from_seal) for look in latest_verifications(limit=5)] == [(3, None), (0, 1)]


# --- by which index ---

ROWS_A_MONTH = 15_000
MONTHS = 4


@pytest.fixture
def big_log(now):
    """Four months of log, one kind in a thousand being rare; and enough seals."""
    subjects, actors = [uuid7() for _ in range(300)], [uuid7() for _ in range(40)]
    with connection.cursor() as cursor:
        for month in range(MONTHS):
            cursor.execute(
                "SELECT audit_make_partition((date_trunc('month', %s::timestamptz) - %s * interval '1 month')::date)",
                [now, month],
            )
        cursor.execute(
            """
            INSERT INTO audit_auditevent (id, at, kind, actor_kind, actor_id, subject_id, facts, mac)
            SELECT nextval('audit_auditevent_id_seq'),
                   %(now)s::timestamptz - (%(rows)s - n) * (%(months)s * interval '28 days' / %(rows)s),
                   CASE WHEN n %% 1000 = 0 THEN 'identities.identity_issued'
                        WHEN n %% 2 = 0 THEN 'authentication.login_succeeded'
                        ELSE 'registration.citizen_found' END,
                   'officer', (%(actors)s::uuid[])[1 + n %% 40], (%(subjects)s::uuid[])[1 + n %% 300],
                   '{}', decode(repeat('00', 34), 'hex')
            FROM generate_series(1, %(rows)s) AS n
            """,
            {
                "now": now,
                "rows": ROWS_A_MONTH * MONTHS,
                "months": MONTHS,
                "actors": actors,
                "subjects": subjects,
            },
        )
        cursor.execute(
            """
            INSERT INTO audit_auditseal (number, at, first_id, last_id, row_count, missing, late, rows_digest, previous,
                                         hash, signatures)
            SELECT n, %s, (n - 1) * 50 + 1, n * 50, 50, '[]', '[]', z, z, z, '[{"key": "log-seal"}]'
            FROM generate_series(1, 4000) AS n, LATERAL (SELECT decode(repeat('00', 32), 'hex') AS z) AS zeros
            """,
            [now],
        )
        cursor.execute("ANALYZE audit_auditevent")
        cursor.execute("ANALYZE audit_auditseal")
    return subjects[7], actors[7]


def sequential_scans(sql):
    """Name the tables of more than a few pages that a query would read from end to end."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        plan = cursor.fetchone()[0]
        cursor.execute("SELECT relname FROM pg_class WHERE relpages > 10")
        large = {name for (name,) in cursor.fetchall()}
    nodes, found = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]], []
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in large:
            found.append(node["Relation Name"])
    return found


def test_no_search_reads_a_table_from_end_to_end(big_log, now):
    subject, actor = big_log
    week = timedelta(days=7)
    with CaptureQueriesContext(connection) as queries:
        for names in itertools.product(
            [None, subject], [None, actor], ["rare", "often", None], [0, 1, 2], [False, True]
        ):
            by_subject, by_actor, kind, weeks_ago, is_older_page = names
            kinds = {"rare": [EventKind.IDENTITY_ISSUED], "often": [EventKind.LOGIN_SUCCEEDED], None: None}[kind]
            search_events(
                subject_id=by_subject,
                actor_id=by_actor,
                kinds=kinds,
                since=now - 9 * week if weeks_ago else None,
                until=now - 6 * week if weeks_ago == 2 else None,
                left_out=[uuid7(), uuid7()],
                before=EventKey(now - 7 * week, 30_000) if is_older_page else None,
                limit=26,
            )
        seal_state(now=now)
        latest_seals(before=3000, limit=26)
    asked = [query["sql"] for query in queries]
    assert len(asked) > 100
    assert {sql: scans for sql in asked if (scans := sequential_scans(sql))} == {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'audit_auditevent'::regclass")
        assert cursor.fetchone()[0] > MONTHS
