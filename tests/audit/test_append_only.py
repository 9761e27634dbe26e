"""The log's tables take rows and give none up: by trigger, whoever asks."""

import pytest
from django.db import IntegrityError, connection, transaction

from audit.api import Actor, EventKind, record
from audit.models import AuditEvent, AuditSeal, AuditVerification

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("log_that_is_not_emptied")]


@pytest.fixture
def partition(now):
    """A row of the log, one of each other table; the row's partition."""
    record(kind=EventKind.SIGNED_OUT, actor=Actor.visitor(), subject_id=None, at=now)
    AuditSeal.objects.create(
        number=1,
        at=now,
        first_id=1,
        last_id=1,
        row_count=1,
        missing=[],
        late=[],
        rows_digest=bytes(32),
        previous=bytes(32),
        hash=bytes(32),
        signatures=[{}],
    )
    AuditVerification.objects.create(at=now, rows=1, findings=0, seconds=0.5)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_auditevent")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET kind = 'a.b'",
        "UPDATE {partition} SET mac = mac",
        "UPDATE audit_auditevent SET at = at + interval '1 month'",
        "DELETE FROM audit_auditevent",
        "DELETE FROM {partition}",
        "TRUNCATE audit_auditevent",
        "TRUNCATE {partition}",
        "TRUNCATE audit_auditevent_other",
        "TRUNCATE audit_auditevent CASCADE",
        "MERGE INTO audit_auditevent e USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
        "INSERT INTO audit_auditevent SELECT * FROM audit_auditevent ON CONFLICT (id, at) DO UPDATE SET kind = 'a.b'",
        "UPDATE audit_auditseal SET at = at",
        "DELETE FROM audit_auditseal",
        "TRUNCATE audit_auditseal",
        "UPDATE audit_auditverification SET findings = 0",
        "DELETE FROM audit_auditverification",
        "TRUNCATE audit_auditverification",
    ],
)
def test_the_log_is_append_only(partition, statement):
    """LOG-1."""
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        cursor.execute(statement.format(partition=partition))
    assert (AuditEvent.objects.count(), AuditSeal.objects.count(), AuditVerification.objects.count()) == (1, 1, 1)


def test_every_partition_refuses_as_its_table_does():
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_partition(DATE '2027-09-01')")
        cursor.execute(
            "SELECT inhrelid::regclass::text, array_agg(tgname::text ORDER BY tgname)"
            " FROM pg_inherits LEFT JOIN pg_trigger ON tgrelid = inhrelid AND tgenabled = 'O'"
            " WHERE inhparent = 'audit_auditevent'::regclass GROUP BY 1"
        )
        found = dict(cursor.fetchall())
    assert len(found) >= 6
    assert {tuple(names) for names in found.values()} == {("audit_event_is_not_emptied", "audit_event_keeps_its_rows")}
