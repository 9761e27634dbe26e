"""The pure parts of verification."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from audit.rules import NO_SEAL
from audit.sealer import SealSignature
from audit.verification.findings import FindingKind
from audit.verification.months import OTHER, Bounds, dropped_partition, partition_of, partitions_between
from audit.verification.moves import Suspect, moves_among
from audit.verification.rules import (
    Run,
    SealRow,
    is_in,
    joined,
    late_from,
    missing_runs,
    objection_to_link,
    objection_to_seal,
    runs_of,
    signatures_from,
    spans_from,
    spans_without,
)
from audit.verification.telling import told_runs

AT = datetime(2026, 11, 23, tzinfo=UTC)
IDS = st.sets(st.integers(1, 60))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


def spans_of(ids: set[int]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (first, last)
        for first, last in spans_without(1, 60, ((row_id, row_id) for row_id in sorted(set(range(1, 61)) - ids)))
    )


def a_seal(missing: set[int], late: tuple[int, ...] = (), first: int = 1, last: int = 60, number: int = 1) -> SealRow:
    seal = SealRow(number, AT, first, last, 1, spans_of(missing), late, bytes(32), NO_SEAL, b"", ())
    return with_hash(seal)


def with_hash(seal: SealRow) -> SealRow:
    return replace(
        seal,
        hash=sha256(seal.message()).digest(),
        signatures=tuple(SealSignature(key, 1, "none", b"genuine") for key in ("a", "b")),
    )


def genuine(message: bytes, signature: SealSignature) -> bool:
    return signature.value == b"genuine"


@given(missing=IDS)
def test_spans_hold_what_they_were_made_of(missing):
    spans = spans_of(missing)
    assert {row_id for row_id in range(-1, 63) if is_in(spans, row_id)} == missing
    left = {row_id for low, high in spans_without(1, 60, spans) for row_id in range(low, high + 1)}
    assert left == set(range(1, 61)) - missing


@given(missing=IDS, present=IDS)
def test_missing_runs_hold_every_row_that_is_gone_and_none_that_stands(missing, present):
    runs = missing_runs(a_seal(missing), present)
    gone = set(range(1, 61)) - missing - present
    assert sum(run.count for run in runs) == len(gone)
    assert all(any(run.first <= row_id <= run.last for run in runs) for row_id in gone)
    expected_and_there = present - missing
    assert not any(run.first <= row_id <= run.last for run in runs for row_id in expected_and_there)
    assert [run.first for run in runs if run.is_from_start] == ([runs[0].first] if runs and not any(
        row_id < runs[0].first for row_id in expected_and_there) else [])  # fmt: skip


@given(gone=st.sets(st.integers(1, 60)), cut=st.integers(1, 59))
def test_runs_over_two_seals_are_the_runs_over_one(gone, cut):
    present = set(range(1, 61)) - gone
    first = replace(a_seal(set()), last_id=cut)
    second = replace(a_seal(set(), number=2), first_id=cut + 1)
    runs = joined([*missing_runs(first, present), *missing_runs(second, present)])
    assert [(run.first, run.last, run.count) for run in runs] == [
        (run.first, run.last, run.count) for run in missing_runs(a_seal(set()), present)
    ]


@given(absent=IDS, present=IDS)
def test_runs_of_what_a_journal_tells_are_cut_at_what_stands(absent, present):
    absent = absent - present
    runs = runs_of(absent, present)
    assert sum(run.count for run in runs) == len(absent)
    assert not any(run.first <= row_id <= run.last for run in runs for row_id in present)


@given(JSON)
def test_whatever_a_column_holds_is_read_or_refused(stored):
    spans, late, signatures = spans_from(stored), late_from(stored), signatures_from(stored)
    assert spans is None or [list(span) for span in spans] == stored
    assert late is None or list(late) == stored
    assert signatures is None or len(signatures) == len(stored)


@given(changed=st.sampled_from(["number", "first_id", "last_id", "row_count"]), by=st.integers(1, 9))
def test_a_seal_with_another_number_in_any_place_is_not_ours(changed, by):
    seal = a_seal({5}, late=())
    assert objection_to_seal(seal, required={"a", "b"}, matches=genuine) is None
    other = replace(seal, **{changed: getattr(seal, changed) + by})
    assert objection_to_seal(other, required={"a", "b"}, matches=genuine) is not None


def test_a_seal_needs_every_signature():
    seal = a_seal(set())
    alone = replace(seal, signatures=seal.signatures[:1])
    assert "b is not there" in (objection_to_seal(alone, required={"a", "b"}, matches=genuine) or "")
    false = replace(seal, signatures=(*seal.signatures, SealSignature("a", 2, "none", b"false")))
    assert "a is not genuine" in (objection_to_seal(false, required={"a", "b"}, matches=genuine) or "")


def test_a_seal_follows_the_one_before_without_gap():
    first = a_seal(set(), last=9)
    second = with_hash(replace(a_seal(set(), first=10, number=2), previous=first.hash))
    assert objection_to_link(first, None) is None
    assert objection_to_link(second, first) is None
    assert objection_to_link(replace(second, first_id=11), first) is not None
    assert objection_to_link(replace(second, previous=bytes(32)), first) is not None


@given(
    ids=st.lists(st.integers(1, 10**6), min_size=2, max_size=8, unique=True),
    instants=st.lists(st.integers(0, 2**50), min_size=8, max_size=8),
)
def test_rows_that_were_shuffled_are_found_under_the_ids_they_had(ids, instants):
    def message(row_id: int, place: int) -> bytes:
        return b"%d|%d|row %d" % (row_id, instants[place], place)

    def matches(written: bytes, mac: bytes) -> bool:
        return sha256(written).digest() == mac

    shuffled = [*ids[1:], ids[0]]
    suspects = [
        Suspect(new, "p", sha256(message(old, place)).digest(), message(new, place), None, is_added=False)
        for place, (old, new) in enumerate(zip(ids, shuffled, strict=True))
    ]
    moves = moves_among(suspects, set(), matches)
    assert [(move.suspect.row_id, move.from_id) for move in moves] == list(zip(shuffled, ids, strict=True))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(0, 800))  # noqa: DTZ001 - made aware below
def test_every_month_between_two_instants_has_one_partition(first, days):
    from datetime import timedelta

    start = first.replace(tzinfo=UTC)
    names = list(partitions_between(start, start + timedelta(days=days)))
    assert names[0] == partition_of(start)
    assert names[-1] == partition_of(start + timedelta(days=days))
    assert names == sorted(set(names))


def test_a_month_whose_rows_lie_in_the_default_partition_was_not_dropped():
    bounds = Bounds(Run(1, 2, 2), AT, AT)
    here = partition_of(AT)
    assert dropped_partition(bounds, attached={OTHER, here}, months_in_other=set()) is None
    assert dropped_partition(bounds, attached={OTHER}, months_in_other={here}) is None
    assert dropped_partition(bounds, attached={OTHER}, months_in_other=set()) == here
    assert dropped_partition(bounds, attached={here}, months_in_other=set()) == OTHER


def test_rows_behind_the_last_that_stands_are_a_cut_tail():
    runs = [Run(3, 4, 2, 1, 1), Run(9, 12, 4)]
    found = told_runs(runs, last_row=8, where_from=lambda run: None)
    assert [(each.kind, each.place()) for each in found] == [
        (FindingKind.ROW_MISSING, "seal 1, rows 3 to 4"),
        (FindingKind.TAIL_CUT, "rows 9 to 12"),
    ]
