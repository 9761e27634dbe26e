"""Reading the log page by page."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.api import Actor, ActorKind, EventKind, events_about, record

pytestmark = pytest.mark.django_db
SYSTEM = Actor(ActorKind.SYSTEM)
SUBJECTS = (UUID(int=1), UUID(int=2), None)
KINDS = (EventKind.LOGIN_SUCCEEDED, EventKind.CHANGE_REQUESTED)


@pytest.fixture
def recorded(now):
    """Sixty events of two kinds about two subjects and about nobody, the oldest first."""
    return [
        (
            record(
                kind=KINDS[turn % 2],
                actor=SYSTEM,
                subject_id=SUBJECTS[turn % 3],
                at=now - timedelta(minutes=turn),
            ),
            KINDS[turn % 2],
            SUBJECTS[turn % 3],
        )
        for turn in range(60)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    limit=st.integers(1, 25), subject=st.sampled_from(SUBJECTS[:2]), kinds=st.none() | st.sets(st.sampled_from(KINDS))
)
def test_pages_together_are_the_whole_log_of_a_subject_the_newest_first(recorded, limit, subject, kinds):
    expected = [
        row_id for row_id, kind, about in reversed(recorded) if about == subject and (kinds is None or kind in kinds)
    ]
    read: list[int] = []
    before = None
    while page := events_about(subject_id=subject, kinds=kinds, before=before, limit=limit):
        assert len(page) <= limit
        read += [line.id for line in page]
        before = page[-1].id
    assert read == expected


def test_no_kinds_means_none_and_none_means_all(recorded):
    assert events_about(subject_id=SUBJECTS[0], kinds=[], limit=5) == []
    assert len(events_about(subject_id=SUBJECTS[0], kinds=None, limit=50)) == 20


def _fill_with_others(cursor):
    """The log holds much about others, and its statistics know: in a small one any index is as good."""
    cursor.execute(
        """
        INSERT INTO audit_auditevent (id, at, kind, actor_kind, subject_id, facts, mac)
        SELECT nextval('audit_auditevent_id_seq'), at, kind, actor_kind, gen_random_uuid(), facts, mac
        FROM audit_auditevent, generate_series(1, 50)
        """
    )
    cursor.execute("ANALYZE audit_auditevent")


def test_a_page_is_one_query_through_the_subjects_index(recorded, django_assert_num_queries):
    with django_assert_num_queries(1) as asked:
        events_about(subject_id=SUBJECTS[0], before=2**60, limit=5)
    with connection.cursor() as cursor:
        _fill_with_others(cursor)
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + asked.captured_queries[0]["sql"])
        plan = "\n".join(row for (row,) in cursor.fetchall())
    reads = [line for line in plan.splitlines() if " on audit_auditevent_" in line]
    assert reads
    assert all("Index Scan using" in line and "subject_id_id_idx" in line for line in reads), plan
    assert "->  Sort" not in plan


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_has_at_least_one_line(limit):
    with pytest.raises(ValueError, match="at least one"):
        events_about(subject_id=SUBJECTS[0], limit=limit)
