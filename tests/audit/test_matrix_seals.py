"""Every way of tampering with seals, tail, witnesses and partitions: found, with its kind and its place (LOG-1)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audit.sealer import sealer
from audit.tail import TailEntry
from audit.verification.findings import FindingKind
from tests.audit.a_log import (
    IDS,
    LAST,
    NOVEMBER_TABLE,
    OCTOBER_ENDS,
    OCTOBER_TABLE,
    as_attacker,
    besides_guards,
    event,
    execute,
    insert_seal,
    one,
    place,
    with_signatures,
)

pytestmark = pytest.mark.django_db

SEALS = [1, 2, 3, 4, 5]
FIELDS = {
    "at": "at + interval '1 second'",
    "first_id": "first_id + 1",
    "last_id": "last_id + 1",
    "row_count": "row_count + 1",
    "missing": "missing || '[[9000, 9001]]'",
    "late": "late || '[1]'",
    "rows_digest": r"overlay(rows_digest placing '\x00' from 7)",
    "previous": r"overlay(previous placing '\x01' from 7)",
    "hash": r"overlay(hash placing '\x00' from 7)",
}


@pytest.mark.parametrize("number", SEALS)
def test_a_seal_that_was_deleted_is_missing(log, number):
    with as_attacker():
        execute("DELETE FROM audit_auditseal WHERE number = %s", number)
        found = one(log.findings())
    assert (found.kind, found.seal) == (FindingKind.SEAL_MISSING, number)
    assert (found.first_id, found.last_id) == (log.seals[number - 1]["first_id"], log.seals[number - 1]["last_id"])


@pytest.mark.parametrize("number", SEALS)
@pytest.mark.parametrize("field", FIELDS)
def test_a_seal_with_any_field_changed_is_forged(log, number, field):
    with as_attacker():
        for check in ("seal_first_begins_the_log", "seal_range_runs_forwards"):
            execute(f"ALTER TABLE audit_auditseal DROP CONSTRAINT {check}")
        execute(f"UPDATE audit_auditseal SET {field} = {FIELDS[field]} WHERE number = %s", number)
        found = one(besides_guards(log.findings()))
    assert (found.kind, found.seal, found.last_seal) == (FindingKind.SEAL_FORGED, number, None)


@pytest.mark.parametrize("number", SEALS)
def test_a_seal_under_another_number_is_forged_and_missed(log, number):
    with as_attacker():
        execute("ALTER TABLE audit_auditseal DROP CONSTRAINT seal_first_begins_the_log")
        execute("UPDATE audit_auditseal SET number = 77 WHERE number = %s", number)
        found = {(each.kind, each.seal) for each in besides_guards(log.findings())}
    assert found == {(FindingKind.SEAL_FORGED, 77), (FindingKind.SEAL_MISSING, number)}


@pytest.mark.parametrize("number", SEALS)
@pytest.mark.parametrize("key", ["log-seal", "log-seal-pq"])
def test_a_seal_without_one_of_its_signatures_is_forged(log, number, key):
    with as_attacker():
        kept = [each for each in log.seals[number - 1]["signatures"] if each["key"] != key]
        set_signatures(number, kept)
        found = one(log.findings())
    assert (found.kind, found.seal) == (FindingKind.SEAL_FORGED, number)
    assert key in found.what


def set_signatures(number: int, signatures: Any) -> None:
    execute("UPDATE audit_auditseal SET signatures = %s::jsonb WHERE number = %s", json.dumps(signatures), number)


@pytest.mark.parametrize("number", SEALS)
@pytest.mark.parametrize(
    "change",
    [{"value": "AAAA"}, {"value": "no base64"}, {"version": 99}, {"algorithm": "Ed25519"}, {"key": "token-signing"}],
)
@pytest.mark.parametrize("which", [0, 1])
def test_a_seal_signed_by_another_key_is_forged(log, number, change, which):
    with as_attacker():
        signatures = [dict(each) for each in log.seals[number - 1]["signatures"]]
        signatures[which] |= change
        set_signatures(number, signatures)
        found = one(log.findings())
    assert (found.kind, found.seal) == (FindingKind.SEAL_FORGED, number)


@pytest.mark.parametrize("broken", [[1], [{}], [{"key": None}], ["a"], [[]]])
def test_columns_that_are_no_seals_are_forged(log, broken):
    with as_attacker():
        set_signatures(3, broken)
        assert one(log.findings()).kind is FindingKind.SEAL_FORGED


@pytest.mark.parametrize("number", SEALS)
def test_a_chain_made_anew_without_the_keys_is_forged_from_there(log, number):
    with as_attacker():
        first = log.seals[number - 1]["first_id"]
        execute("UPDATE audit_auditevent SET kind = 'a.b' WHERE id = %s", first)
        previous = log.seals[number - 1]["previous"]
        for seal in log.seals[number - 1 :]:
            anew = with_signatures(seal | {"previous": previous, "at": seal["at"] + timedelta(seconds=1)})
            execute("DELETE FROM audit_auditseal WHERE number = %s", seal["number"])
            insert_seal(anew | {"signatures": seal["signatures"]})
            previous = anew["hash"]
        found = log.findings()
    forged = one([each for each in found if each.kind is FindingKind.SEAL_FORGED])
    assert (forged.seal, forged.last_seal or forged.seal) == (number, 5)
    changed = one([each for each in found if each.kind is FindingKind.ROW_CHANGED])
    assert changed.first_id == first
    assert len(found) == 2


@pytest.mark.parametrize("number", SEALS)
def test_a_genuine_seal_in_the_place_of_another_is_forged(log, number):
    """An older state of the log, sealed then, is brought back: only the heads file and the chain know."""
    with as_attacker():
        seal = log.seals[number - 1]
        other = with_signatures(seal | {"at": seal["at"] + timedelta(seconds=1)})
        execute("DELETE FROM audit_auditseal WHERE number = %s", number)
        insert_seal(other)
        found = log.findings()
    assert {each.kind for each in found} == {FindingKind.SEAL_FORGED}
    assert found[0].seal == number


# --- the tail -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("after", [58, 59, 64, 65, 69])
def test_an_unsealed_tail_that_was_cut_off_is_found_by_the_journal(log, after):
    with as_attacker():
        execute("DELETE FROM audit_auditevent WHERE id > %s", after)
        found = one(log.findings())
    assert (found.kind, found.last_id) == (FindingKind.TAIL_CUT, LAST)
    assert found.first_id == next(row_id for row_id in IDS if row_id > after)


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_a_tail_that_was_cut_off_with_its_seals_is_found_by_the_heads(log, number):
    with as_attacker():
        after = log.seals[number - 1]["last_id"] if number > 1 else 0
        execute("DELETE FROM audit_auditseal WHERE number > %s", number if number > 1 else 0)
        execute("DELETE FROM audit_auditevent WHERE id > %s", after)
        found = log.findings()
    assert {each.kind for each in found} == {FindingKind.TAIL_CUT}
    assert min(each.first_id for each in found) == next(row_id for row_id in IDS if row_id > after)
    if number < 5:
        assert (found[0].seal, found[0].last_seal) == (number + 1 if number > 1 else 1, 5)


@pytest.mark.parametrize("after", [10, 30, 50, 57])
def test_a_tail_that_was_cut_off_under_its_seals_is_found(log, after):
    with as_attacker():
        execute("DELETE FROM audit_auditevent WHERE id > %s", after)
        found = log.findings()
    assert {each.kind for each in found} == {FindingKind.TAIL_CUT}
    assert min(each.first_id for each in found) == after + 1
    assert max(each.last_id for each in found) == LAST


def test_a_journal_that_lacks_rows_is_no_finding(log):
    with as_attacker():
        assert log.findings(journal=[]) == []


def test_a_journal_that_still_tells_of_sealed_rows_is_no_finding(log):
    journal = [TailEntry(row_id, event(row_id)["mac"]) for row_id in IDS]
    with as_attacker():
        assert log.findings(journal=journal) == []
        execute("DELETE FROM audit_auditevent WHERE id = 30")
        assert place(one(log.findings(journal=journal))) == (FindingKind.ROW_MISSING, 3, 30, 30)


# --- the heads file -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_head_that_is_missing_before_another_hides_nothing(log, number):
    with as_attacker():
        assert log.findings(heads=[head for head in log.heads if head.number != number]) == []


@pytest.mark.parametrize("kept", [0, 1, 4])
def test_a_heads_file_that_no_longer_tells_of_the_last_seals_is_a_finding(log, kept):
    with as_attacker():
        found = one(log.findings(heads=log.heads[:kept]))
        assert (found.kind, found.seal, found.last_seal) == (FindingKind.HEADS_BEHIND, kept + 1, 5)
        soon = log.seals[kept]["at"] + timedelta(minutes=9)
        assert log.findings(heads=log.heads[:kept], now=soon) == []
        # Also where the log is sealed every few seconds, so that the newest seal is always young.
        later = log.seals[kept]["at"] + timedelta(minutes=11)
        assert one(log.findings(heads=log.heads[:kept], now=later)).kind is FindingKind.HEADS_BEHIND


def test_heads_that_end_where_verification_begins_are_behind_from_the_next_seal_on(log):
    with as_attacker():
        found = one(log.findings(heads=log.heads[:3], from_seal=4))
        assert (found.kind, found.seal, found.last_seal) == (FindingKind.HEADS_BEHIND, 4, 5)
        soon = log.seals[3]["at"] + timedelta(minutes=9)
        assert log.findings(heads=log.heads[:3], from_seal=4, now=soon) == []


@pytest.mark.parametrize("number", SEALS)
def test_a_head_that_tells_of_another_seal_is_a_finding(log, number):
    heads = [replace(head, hash=bytes(32)) if head.number == number else head for head in log.heads]
    with as_attacker():
        assert place(one(log.findings(heads=heads)))[:2] == (FindingKind.SEAL_FORGED, number)


# --- partitions -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["drop", "detach"])
@pytest.mark.parametrize(
    ("table", "first", "last"), [(OCTOBER_TABLE, 1, OCTOBER_ENDS), (NOVEMBER_TABLE, OCTOBER_ENDS + 1, LAST)]
)
def test_a_partition_that_is_gone_is_one_finding(log, table, first, last, how):
    with as_attacker():
        execute(f"ALTER TABLE audit_auditevent DETACH PARTITION {table}")
        if how == "drop":
            execute(f"DROP TABLE {table}")
        found = one(log.findings())
    assert (found.kind, found.partition) == (FindingKind.PARTITION_DROPPED, table)
    assert (found.first_id, found.last_id) == (first, last)
    assert ("detached" in found.what) is (how == "detach")


def test_a_row_missing_beside_a_dropped_partition_is_told_apart(log):
    with as_attacker():
        execute(f"DROP TABLE {OCTOBER_TABLE}")
        execute("DELETE FROM audit_auditevent WHERE id = 55")
        found = {(each.kind, each.last_id) for each in log.findings()}
    assert found == {(FindingKind.PARTITION_DROPPED, OCTOBER_ENDS), (FindingKind.ROW_MISSING, 55)}


def test_rows_at_the_edge_of_a_partition_are_missing_when_it_stands(log):
    with as_attacker():
        execute("DELETE FROM audit_auditevent WHERE id IN (35, 36)")
        assert place(one(log.findings())) == (FindingKind.ROW_MISSING, 3, 35, 36)


def test_many_missing_rows_are_one_range_over_seals_and_gaps(log):
    with as_attacker():
        execute("DELETE FROM audit_auditevent WHERE id BETWEEN 5 AND 50 AND id <> 25")
        found = one(log.findings())
    assert (found.kind, found.seal, found.last_seal) == (FindingKind.ROW_MISSING, 1, 4)
    assert (found.first_id, found.last_id) == (5, 50)


def test_no_finding_repeats_what_a_row_says(log):
    with as_attacker():
        execute('UPDATE audit_auditevent SET facts = \'{"by": "SECRET"}\' WHERE id IN (1, 30, 64)')
        assert "SECRET" not in repr(log.findings())
    assert sealer().required_keys() == {"log-seal", "log-seal-pq"}
