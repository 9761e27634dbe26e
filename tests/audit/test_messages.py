"""How rows and seals are written for hashing, in Python and in the database."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.rules import (
    Actor,
    jsonb_text,
    missing_between,
    ranges_without,
    row_message,
    rows_digest,
    seal_message,
)
from audit.sql import ROW_MESSAGE
from audit.states import ActorKind

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
VALUES = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT
IDS = st.none() | st.uuids()
INSTANTS = st.integers(-(2**51), 2**53).map(lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    row_id=st.integers(1, 2**63 - 1),
    at=INSTANTS,
    actor_id=IDS,
    office_id=IDS,
    organisation_id=IDS,
    subject_id=IDS,
    facts=st.dictionaries(TEXT, VALUES, max_size=6),
)
def test_the_database_writes_a_row_as_we_do(row_id, at, actor_id, office_id, organisation_id, subject_id, facts):
    """LOG-1."""
    actor = Actor(ActorKind.OFFICER, actor_id, office_id, organisation_id)
    ours = row_message(row_id=row_id, at=at, kind="a.b_c", actor=actor, subject_id=subject_id, facts=facts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {ROW_MESSAGE} FROM (SELECT %s::bigint AS id, %s::timestamptz AS at, 'a.b_c'::varchar AS kind,"
            " 'officer'::varchar AS actor_kind, %s::uuid AS actor_id, %s::uuid AS office_id, %s::uuid AS"
            " organisation_id, %s::uuid AS subject_id, %s::jsonb AS facts) AS row",
            [row_id, at, actor_id, office_id, organisation_id, subject_id, json.dumps(facts)],
        )
        (theirs,) = cursor.fetchone()
    assert theirs.encode() == ours


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.dictionaries(TEXT, VALUES, max_size=8))
def test_facts_are_written_as_jsonb_is_printed(facts):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text", [json.dumps(facts)])
        assert cursor.fetchone()[0] == jsonb_text(facts)


SEAL = {
    "number": 7,
    "at": AT,
    "first_id": 11,
    "last_id": 20,
    "row_count": 8,
    "missing": [(13, 14), (19, 19)],
    "late": [3, 5],
    "rows_digest": bytes([1]) * 32,
    "previous": bytes([2]) * 32,
}


def test_a_seal_is_written_for_its_signatures_as_it_always_was():
    """Seals outlive programs: another encoding would make every old seal look forged."""
    assert seal_message(**SEAL) == (
        b"seal1|7|1795435200000000|11|20|8|13-14,19-19|3,5|" + b"01" * 32 + b"|" + b"02" * 32
    )


@pytest.mark.parametrize(
    ("field", "other"),
    [
        *(("number", 8), ("at", AT.replace(microsecond=1)), ("first_id", 12), ("last_id", 21), ("row_count", 9)),
        *(
            ("missing", []),
            ("missing", [(13, 14)]),
            ("missing", [(13, 19)]),
            ("late", []),
            ("late", [3]),
            ("late", [35]),
        ),
        *(("rows_digest", bytes(32)), ("previous", bytes(32))),
    ],
)
def test_two_different_seals_never_give_the_same_bytes(field, other):
    assert seal_message(**(SEAL | {field: other})) != seal_message(**SEAL)


def test_the_digest_of_rows_is_over_ids_and_keyed_hashes():
    one, two = (1, bytes(34)), (2, bytes([1]) * 34)
    assert rows_digest([one, two]) == bytes.fromhex("5d5f110c80928282ddae9a82bfb8ce77eb9101543feb2621225d0c97a779748d")
    assert len({rows_digest(rows) for rows in ([], [one], [two], [one, two], [(1, two[1])])}) == 5


@given(first=st.integers(1, 50), length=st.integers(0, 60), present=st.sets(st.integers(1, 110)))
def test_what_is_missing_and_what_is_there_are_the_whole_range(first, length, present):
    last = first + length - 1
    here = sorted(row_id for row_id in present if first <= row_id <= last)
    missing = missing_between(first, last, here)
    gone = [row_id for low, high in missing for row_id in range(low, high + 1)]
    assert sorted([*gone, *here]) == list(range(first, last + 1))
    assert all(low > before + 1 for (_, before), (low, _) in pairwise(missing))


@given(gaps=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 8)), max_size=5), taken=st.sets(st.integers(1, 100)))
def test_ranges_without_single_ids_hold_the_others(gaps, taken):
    start, ranges = 0, []
    for distance, length in gaps:
        start += distance + 1
        ranges.append((start, start + length))
        start += length
    left = [row_id for low, high in ranges_without(ranges, taken) for row_id in range(low, high + 1)]
    assert left == [row_id for low, high in ranges for row_id in range(low, high + 1) if row_id not in taken]


def test_the_same_row_of_two_actors_is_two_rows():
    messages = {
        row_message(row_id=1, at=AT, kind="a.b", actor=actor, subject_id=subject, facts={})
        for actor in (Actor(ActorKind.OFFICER, UUID(int=1)), Actor(ActorKind.OFFICER, None, UUID(int=1)))
        for subject in (None, UUID(int=1))
    }
    assert len(messages) == 4
