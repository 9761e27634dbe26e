"""Every way of tampering with rows, at every place: found, with its kind and its place (LOG-1)."""

from datetime import timedelta

import pytest

from audit.verification.findings import FindingKind
from tests.audit.a_log import (
    GAPS,
    LAST,
    LATE,
    NOVEMBER_TABLE,
    OCTOBER_ENDS,
    OCTOBER_TABLE,
    SEALED,
    as_attacker,
    at_of,
    besides_guards,
    event,
    execute,
    insert,
    one,
    place,
)

pytestmark = pytest.mark.django_db

PLACES = {
    "first": 1,
    "second": 2,
    "beside a gap": 9,
    "end of a seal": 28,
    "begin of a seal": 29,
    "end of October": OCTOBER_ENDS,
    "begin of November": OCTOBER_ENDS + 1,
    "late": LATE,
    "last sealed": SEALED,
    "first unsealed": SEALED + 1,
    "unsealed": 64,
    "last": LAST,
}
SEAL_OF = {row_id: number for number, (low, high) in enumerate(((1, 14), (15, 28), (29, 42), (43, 50), (51, 58)), 1)
           for row_id in range(low, high + 1)} | {LATE: 4}  # fmt: skip
CHANGES = {
    "at": "at + interval '1 microsecond'",
    "kind": "'identities.identity_reopened'",
    "actor_kind": "'citizen'",
    "actor_id": "'00000000-0000-0000-0000-00000000ffff'",
    "office_id": "NULL",
    "organisation_id": "NULL",
    "subject_id": "NULL",
    "facts": """facts || '{"tries": 9}'""",
    "mac": "set_byte(mac, 19, get_byte(mac, 19) # 1)",
}


def table_of(row_id: int) -> str:
    return OCTOBER_TABLE if row_id <= OCTOBER_ENDS else NOVEMBER_TABLE


def test_an_untouched_log_is_clean(log):
    with as_attacker():
        assert log.findings() == []


@pytest.mark.parametrize("from_seal", [1, 2, 3, 4, 5])
def test_an_untouched_log_is_clean_from_any_seal_on(log, from_seal):
    with as_attacker():
        assert log.findings(from_seal=from_seal) == []


@pytest.mark.parametrize("row_id", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("is_direct", [False, True], ids=["through the table", "in the partition"])
def test_a_row_that_was_deleted_is_missing(log, row_id, is_direct):
    with as_attacker():
        execute(f"DELETE FROM {table_of(row_id) if is_direct else 'audit_auditevent'} WHERE id = %s", row_id)
        found = one(log.findings())
    kind = FindingKind.TAIL_CUT if row_id == LAST else FindingKind.ROW_MISSING
    assert place(found) == (kind, SEAL_OF.get(row_id), row_id, row_id)


@pytest.mark.parametrize("row_id", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("column", CHANGES)
def test_a_row_with_any_column_changed_is_found(log, row_id, column):
    with as_attacker():
        execute("ALTER TABLE audit_auditevent DROP CONSTRAINT event_office_is_an_officers")
        execute(f"UPDATE audit_auditevent SET {column} = {CHANGES[column]} WHERE id = %s", row_id)
        found = one(besides_guards(log.findings()))
    assert place(found) == (FindingKind.ROW_CHANGED, SEAL_OF.get(row_id), row_id, None)
    assert found.partition == table_of(row_id)


@pytest.mark.parametrize("instant", ["infinity", "-infinity", "294276-12-31 23:59:59+00", "4713-01-01 00:00+00 BC"])
def test_an_instant_that_cannot_be_is_found(log, instant):
    with as_attacker():
        execute("ALTER TABLE audit_auditevent DROP CONSTRAINT event_at_is_of_our_time")
        execute("UPDATE audit_auditevent SET at = %s WHERE id = 30", instant)
        found = one(besides_guards(log.findings()))
    assert (found.kind, found.first_id, found.partition) == (FindingKind.ROW_CHANGED, 30, "audit_auditevent_other")


@pytest.mark.parametrize("mac", [b"", bytes(34), b"\x00\x63" + bytes(32), bytes(40)])
def test_a_keyed_hash_of_any_length_is_found(log, mac):
    with as_attacker():
        execute("ALTER TABLE audit_auditevent DROP CONSTRAINT event_mac_is_whole")
        execute("UPDATE audit_auditevent SET mac = %s WHERE id = 30", mac)
        assert place(one(besides_guards(log.findings()))) == (FindingKind.ROW_CHANGED, 3, 30, None)


@pytest.mark.parametrize("row_id", [*sorted(GAPS), LAST + 1, LAST + 100, 0, -5])
@pytest.mark.parametrize("forged", ["copied", "zero"])
def test_a_row_that_was_added_is_found(log, row_id, forged):
    with as_attacker():
        execute("ALTER TABLE audit_auditevent DROP CONSTRAINT event_id_is_positive")
        mac = event(30)["mac"] if forged == "copied" else bytes(34)
        insert([event(30, id=row_id, at=at_of(max(row_id, 1)), mac=mac)])
        found = one(besides_guards(log.findings()))
    assert (found.kind, found.first_id) == (FindingKind.ROW_ADDED, row_id)


@pytest.mark.parametrize("row_id", PLACES.values(), ids=PLACES.keys())
def test_a_second_row_of_an_id_is_added(log, row_id):
    with as_attacker():
        insert([event(row_id, at=at_of(row_id) + timedelta(days=2), mac=event(row_id)["mac"])])
        found = one(log.findings())
    assert (found.kind, found.first_id) == (FindingKind.ROW_ADDED, row_id)


def test_a_row_that_came_late_and_has_no_seal_yet_is_no_finding(log):
    with as_attacker():
        insert([event(48), event(66)])
        assert log.findings() == []


@pytest.mark.parametrize(("one_id", "other_id"), [(1, 2), (1, 58), (20, 30), (35, 36), (25, 40), (58, 59), (64, 70)])
def test_two_rows_that_changed_places_were_moved(log, one_id, other_id):
    with as_attacker():
        execute("UPDATE audit_auditevent SET id = 9999 WHERE id = %s", one_id)
        execute("UPDATE audit_auditevent SET id = %s WHERE id = %s", one_id, other_id)
        execute("UPDATE audit_auditevent SET id = %s WHERE id = 9999", other_id)
        found = log.findings()
    assert sorted((each.kind, each.first_id, each.what) for each in found) == [
        (FindingKind.ROW_MOVED, min(one_id, other_id), f"It was written as row {max(one_id, other_id)}."),
        (FindingKind.ROW_MOVED, max(one_id, other_id), f"It was written as row {min(one_id, other_id)}."),
    ]


@pytest.mark.parametrize("to_id", [*sorted(GAPS), LAST + 5])
@pytest.mark.parametrize("row_id", [1, 30, 35, 36, LATE, 58, 59, 64])
def test_a_row_under_another_id_was_moved(log, row_id, to_id):
    with as_attacker():
        execute("UPDATE audit_auditevent SET id = %s WHERE id = %s", to_id, row_id)
        found = one(log.findings())
    assert (found.kind, found.first_id, found.what) == (
        *(FindingKind.ROW_MOVED, to_id),
        f"It was written as row {row_id}.",
    )


@pytest.mark.parametrize("row_id", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("month", ["1 month", "-1 month"])
def test_a_row_in_another_month_was_moved(log, row_id, month):
    with as_attacker():
        execute("UPDATE audit_auditevent SET at = at + %s::interval WHERE id = %s", month, row_id)
        found = one(log.findings())
    assert found.kind is FindingKind.ROW_MOVED or at_of(row_id).day == 31
    assert found.first_id == row_id
    assert found.partition != table_of(row_id)


@pytest.mark.parametrize("row_id", [1, 30, OCTOBER_ENDS])
def test_a_genuine_row_in_the_wrong_partition_was_moved(log, row_id):
    with as_attacker():
        execute(f"ALTER TABLE audit_auditevent DETACH PARTITION {NOVEMBER_TABLE}")
        execute(f"INSERT INTO {NOVEMBER_TABLE} SELECT * FROM {OCTOBER_TABLE} WHERE id = %s", row_id)
        execute(f"DELETE FROM {OCTOBER_TABLE} WHERE id = %s", row_id)
        execute(
            f"ALTER TABLE {NOVEMBER_TABLE} ADD CONSTRAINT trick CHECK"
            " (at IS NOT NULL AND at >= '2026-11-01 00:00+00' AND at < '2026-12-01 00:00+00') NOT VALID"
        )
        execute("UPDATE pg_constraint SET convalidated = true WHERE conname = 'trick'")
        execute(
            f"ALTER TABLE audit_auditevent ATTACH PARTITION {NOVEMBER_TABLE}"
            " FOR VALUES FROM ('2026-11-01 00:00+00') TO ('2026-12-01 00:00+00')"
        )
        found = one(log.findings())
    assert (found.kind, found.first_id, found.partition) == (FindingKind.ROW_MOVED, row_id, NOVEMBER_TABLE)


def test_rows_changed_by_somebody_with_the_hashes_key_are_found(log):
    with as_attacker():
        execute("DELETE FROM audit_auditevent WHERE id = 30")
        insert([event(30, kind="identities.identity_reopened")])
        assert place(one(log.findings())) == (FindingKind.ROW_CHANGED, 3, 29, 42)


def test_unsealed_rows_changed_by_somebody_with_the_hashes_key_are_found_by_the_journal(log):
    with as_attacker():
        execute("DELETE FROM audit_auditevent WHERE id = 64")
        insert([event(64, kind="identities.identity_reopened")])
        assert place(one(log.findings())) == (FindingKind.ROW_CHANGED, None, 64, None)
