"""What only somebody who took the database's own guards down can do, and that they are down: found (LOG-1)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from audit.tail import TailEntry
from audit.verification.findings import FindingKind
from audit.verification.restores import accepted_restores
from tests.audit.a_log import (
    LATE,
    NOVEMBER_TABLE,
    OCTOBER_TABLE,
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
OTHER = "audit_auditevent_other"
FILLED = ["kind", "actor_kind", "facts", "mac"]


@pytest.mark.parametrize("row_id", [1, LATE, 30, 64, 70])
@pytest.mark.parametrize("column", FILLED)
def test_a_row_without_what_every_row_has_is_found(log, row_id, column):
    with as_attacker():
        execute(f"ALTER TABLE audit_auditevent ALTER {column} DROP NOT NULL")
        execute(f"UPDATE audit_auditevent SET {column} = NULL WHERE id = %s", row_id)
        found = besides_guards(log.findings())
    assert {each.kind for each in found} == {FindingKind.ROW_CHANGED}
    assert row_id in {each.first_id for each in found}


@pytest.mark.parametrize("from_seal", [1, 5])
def test_a_row_without_an_id_is_found(log, from_seal):
    with as_attacker():
        execute("ALTER TABLE audit_auditevent DROP CONSTRAINT audit_auditevent_pkey")
        execute("ALTER TABLE audit_auditevent ALTER id DROP NOT NULL")
        insert([event(30, id=None, mac=bytes(34))])
        found = one(besides_guards(log.findings(from_seal=from_seal)))
    assert (found.kind, found.partition) == (FindingKind.ROW_CHANGED, OCTOBER_TABLE)


def test_a_row_without_an_instant_is_found(log):
    with as_attacker():
        execute("ALTER TABLE audit_auditevent DROP CONSTRAINT audit_auditevent_pkey")
        execute("ALTER TABLE audit_auditevent ALTER at DROP NOT NULL")
        execute("UPDATE audit_auditevent SET at = NULL WHERE id = 30")
        found = besides_guards(log.findings())
    assert {(each.kind, each.partition) for each in found} == {(FindingKind.ROW_CHANGED, OTHER)}


# --- the table for all other months ---------------------------------------------------------------------------------
@pytest.mark.parametrize("row_id", [1, 30, 36, 64])
def test_a_genuine_row_in_the_table_for_all_others_was_moved(log, row_id):
    """A search within its month would no longer find it."""
    table = OCTOBER_TABLE if row_id <= 35 else NOVEMBER_TABLE
    with as_attacker():
        bound = bound_of(OTHER)
        execute(f"ALTER TABLE audit_auditevent DETACH PARTITION {OTHER}")
        execute(f"INSERT INTO {OTHER} SELECT * FROM {table} WHERE id = %s", row_id)
        execute(f"DELETE FROM {table} WHERE id = %s", row_id)
        execute(f"ALTER TABLE {OTHER} ADD CONSTRAINT trick CHECK ({bound}) NOT VALID")
        execute("UPDATE pg_constraint SET convalidated = true WHERE conname = 'trick'")
        execute(f"ALTER TABLE audit_auditevent ATTACH PARTITION {OTHER} DEFAULT")
        found = one(log.findings())
    assert (found.kind, found.first_id, found.partition) == (FindingKind.ROW_MOVED, row_id, OTHER)


def bound_of(partition: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_partition_constraintdef(%s::regclass)", [partition])
        return str(cursor.fetchone()[0])


# --- what is not of the portal must not end the looking ---------------------------------------------------------------
@pytest.mark.parametrize("facts", [{"lost_number": "x"}, {"lost_number": 5, "kept_number": []}, {}])
def test_an_accepted_restore_that_nobody_accepted_is_an_added_row(log, facts):
    with as_attacker():
        insert([event(71, kind="audit.restore_accepted", facts=facts, mac=bytes(34))])
        assert (one(log.findings()).kind, accepted_restores()) == (FindingKind.ROW_ADDED, ())


@pytest.mark.parametrize("lost", ["x", None, 7])
def test_an_accepted_restore_with_other_facts_is_shown_all_the_same(log, lost):
    with as_attacker():
        insert([event(71, kind="audit.restore_accepted", facts={"lost_number": lost})])
        (found,) = accepted_restores()
    assert (found.row_id, found.lost_number) == (71, lost if lost == 7 else 0)


@pytest.mark.parametrize("instant", ["infinity", "294276-12-31 00:00+00"])
def test_a_seal_of_no_instant_that_can_be_is_forged(log, instant):
    with as_attacker():
        execute("ALTER TABLE audit_auditseal DROP CONSTRAINT seal_at_is_of_our_time")
        execute("UPDATE audit_auditseal SET at = %s WHERE number = 3", instant)
        assert place(one(besides_guards(log.findings())))[:2] == (FindingKind.SEAL_FORGED, 3)


# --- a second row of an id --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("row_id", [1, 30, 58, 64])
def test_the_second_row_of_an_id_that_was_drawn_twice_is_missed(log, row_id):
    """The sequence was set back for a while, and what was written meanwhile taken out again."""
    second = event(row_id, at=at_of(row_id) + timedelta(days=1))
    journal = [*log.journal, TailEntry(row_id, event(row_id)["mac"]), TailEntry(row_id, second["mac"])]
    with as_attacker():
        found = one(log.findings(journal=journal))
    assert (found.kind, found.first_id) == (FindingKind.ROW_MISSING, row_id)


def test_a_journal_that_tells_of_a_row_under_a_seal_that_does_not_cover_it_is_believed(log):
    with as_attacker():
        found = one(log.findings(journal=[*log.journal, replace(log.journal[0], id=48)]))
    assert place(found) == (FindingKind.ROW_MISSING, None, 48, 48)


# --- the guards themselves --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("statement", "told", "partition"),
    [
        ("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_event_keeps_its_rows", "audit_event_keeps_its_rows", None),
        ("ALTER TABLE audit_auditseal DISABLE TRIGGER USER", "audit_seal_is_not_emptied, audit_seal_keeps", None),
        ("DROP TRIGGER audit_event_keeps_its_rows ON audit_auditevent", "audit_event_keeps_its_rows", None),
        (f"DROP TRIGGER audit_event_is_not_emptied ON {NOVEMBER_TABLE}", "audit_event_is_not_emptied", NOVEMBER_TABLE),
        (
            (
                "CREATE OR REPLACE TRIGGER audit_seal_keeps_its_rows BEFORE UPDATE ON audit_auditseal"
                " FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()"
            ),
            "audit_seal_keeps_its_rows",
            None,
        ),
        (
            (
                "CREATE OR REPLACE TRIGGER audit_seal_keeps_its_rows BEFORE UPDATE OR DELETE ON audit_auditseal"
                " FOR EACH ROW WHEN (OLD.number < 0) EXECUTE FUNCTION audit_refuse_change()"
            ),
            "audit_seal_keeps_its_rows",
            None,
        ),
        (
            (
                "CREATE OR REPLACE TRIGGER audit_verification_keeps_its_rows BEFORE UPDATE OR DELETE"
                " ON audit_auditverification FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
            ),
            "audit_verification_keeps_its_rows",
            None,
        ),
        ("ALTER TABLE audit_auditevent DROP CONSTRAINT event_mac_is_whole", "event_mac_is_whole", None),
        ("ALTER TABLE audit_auditseal DROP CONSTRAINT audit_auditseal_pkey", "primary key", None),
        ("ALTER TABLE audit_auditevent ALTER facts DROP NOT NULL", "filled facts", None),
        (
            (
                "UPDATE pg_constraint SET convalidated = false WHERE conname = 'event_at_is_of_our_time'"
                f" AND conrelid = '{OCTOBER_TABLE}'::regclass"
            ),
            "event_at_is_of_our_time",
            OCTOBER_TABLE,
        ),
    ],
)
def test_a_guard_that_was_taken_down_is_found(log, statement, told, partition):
    with as_attacker():
        execute(statement)
        found = one(log.findings())
    assert (found.kind, found.partition) == (FindingKind.GUARD_GONE, partition)
    assert told in found.what
