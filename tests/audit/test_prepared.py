"""The cursor by which rows of the log are written."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.db.utils import ProgrammingError

from audit.api import Actor, EventKind, record
from audit.models import AuditEvent
from audit.prepared import prepared_cursor

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 23, 11, 59, 59, 123456, tzinfo=UTC)
SUBJECT = UUID("0193a7b2-0000-7000-8000-000000000001")


def recorded(**changes):
    given = {"kind": EventKind.LOGIN_SUCCEEDED, "actor": Actor.citizen(SUBJECT), "subject_id": SUBJECT, "at": AT}
    return record(**(given | changes))


def test_a_row_holds_what_was_recorded():
    with transaction.atomic():
        id_ = recorded(facts={"level": "HIGH", "turn": 3, "is_first": True, "old": None})
    row = AuditEvent.objects.get(id=id_)
    assert (row.kind, row.actor_kind, row.actor_id, row.subject_id, row.at) == (
        EventKind.LOGIN_SUCCEEDED,
        "citizen",
        SUBJECT,
        SUBJECT,
        AT,
    )
    assert (row.office_id, row.organisation_id) == (None, None)
    assert row.facts == {"level": "HIGH", "turn": 3, "is_first": True, "old": None}
    assert len(bytes(row.mac)) == 34


@pytest.mark.parametrize("isolation", [None, "serializable"])
def test_an_act_that_begins_with_its_event_is_one_transaction(isolation):
    with connection.cursor():
        session = connection.connection
    before = session.isolation_level
    try:
        if isolation:
            session.isolation_level = 4
        with transaction.atomic():
            id_ = recorded()
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_isolation")
                assert cursor.fetchone() == (isolation or "read committed",)
            transaction.set_rollback(True)
    finally:
        session.isolation_level = before
    assert not AuditEvent.objects.filter(id=id_).exists()


def test_statements_outlive_a_savepoint_that_was_rolled_back():
    """Psycopg would have the server forget every prepared statement, had it prepared one of its own."""
    with transaction.atomic():
        first = recorded()
        with transaction.atomic():
            undone = recorded()
            transaction.set_rollback(True)
        last = recorded()
    found = set(AuditEvent.objects.filter(id__in=[first, undone, last]).values_list("id", flat=True))
    assert found == {first, last}


def test_a_new_connection_prepares_anew():
    with transaction.atomic():
        recorded()
    connection.close()
    with transaction.atomic():
        id_ = recorded()
    assert AuditEvent.objects.filter(id=id_).exists()


def test_what_the_server_refuses_is_raised_as_django_names_it():
    """LOG-1: a row under the id of another is refused."""
    statement = "INSERT INTO audit_auditevent (id, at, kind, actor_kind, facts, mac) VALUES (%s, %s, %s, %s, %s, %s)"
    row = (7, AT, "portal.forged", "system", "{}", bytes(34))
    with transaction.atomic():
        prepared_cursor(transaction.get_connection()).execute(statement, row)
    with pytest.raises(IntegrityError, match="duplicate key"), transaction.atomic():
        prepared_cursor(transaction.get_connection()).execute(statement, row)
    with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
        prepared_cursor(transaction.get_connection()).execute("SELECT nothing")
    with transaction.atomic():
        recorded()


def test_a_session_that_the_server_ended_fails_the_act_and_not_the_next():
    with pytest.raises(OperationalError), transaction.atomic():
        _record_in_a_session_that_ends()
    connection.close()
    with transaction.atomic():
        id_ = recorded()
    assert AuditEvent.objects.filter(id=id_).exists()


def test_statements_that_the_server_was_made_to_forget_cost_one_act():
    with transaction.atomic():
        recorded()
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
        recorded()
    with transaction.atomic():
        id_ = recorded()
    assert AuditEvent.objects.filter(id=id_).exists()


def test_a_statement_without_a_row_gives_none(db):
    with transaction.atomic():
        cursor = prepared_cursor(transaction.get_connection())
        cursor.execute("SELECT 1 WHERE 1 = %s::int", (2,))
        with pytest.raises(IndexError):
            cursor.fetchone()


def test_queries_are_counted_where_they_are_logged(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(2):
        recorded()


def _record_in_a_session_that_ends() -> None:
    recorded()
    pid = connection.connection.info.backend_pid
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        other.close()
    recorded()
