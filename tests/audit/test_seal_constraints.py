"""What the rules forbid of seals and verifications, the database refuses column by column."""

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEvent, AuditSeal, AuditVerification

pytestmark = pytest.mark.django_db
SEAL = {
    "number": 1,
    "first_id": 1,
    "last_id": 3,
    "row_count": 2,
    "missing": [[2, 2]],
    "late": [],
    "rows_digest": bytes(32),
    "previous": bytes(32),
    "hash": bytes(32),
    "signatures": [{"key": "a"}],
}
LATER = SEAL | {"number": 2, "first_id": 4, "last_id": 3, "previous": bytes([1]) * 32}
VERIFICATION = {"from_seal": 1, "to_seal": 2, "rows": 5, "findings": 0, "seconds": 0.5}


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("seal_first_begins_the_log", {"number": 0}),
        ("seal_first_begins_the_log", {"first_id": 2}),
        ("seal_first_begins_the_log", {"number": 2}),
        ("seal_first_begins_the_log", {"previous": bytes([1]) * 32}),
        ("seal_range_runs_forwards", {"last_id": -1}),
        ("seal_covers_some_row", {"row_count": 0}),
        ("seal_missing_is_a_list", {"missing": {}}),
        ("seal_late_is_a_list", {"late": 1}),
        ("seal_rows_digest_is_whole", {"rows_digest": bytes(31)}),
        ("seal_previous_is_whole", {"number": 2, "first_id": 2, "previous": bytes(33)}),
        ("seal_hash_is_whole", {"hash": b""}),
        ("seal_signatures_are_a_list", {"signatures": {}}),
        ("seal_has_a_signature", {"signatures": []}),
        ("audit_auditseal_pkey", {}),
    ],
)
def test_the_database_refuses_a_seal_that_cannot_be(now, name, broken):
    if not broken:
        AuditSeal.objects.create(at=now, **SEAL)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        AuditSeal.objects.create(at=now, **(SEAL | broken))


def test_the_database_takes_a_first_seal_and_one_over_late_rows_alone(now):
    AuditSeal.objects.create(at=now, **SEAL)
    AuditSeal.objects.create(at=now, **LATER)


@pytest.mark.parametrize("column", ["at", *SEAL])
def test_the_database_refuses_a_seal_without_what_every_seal_has(column):
    values = {
        "number": "1",
        "at": "now()",
        "first_id": "1",
        "last_id": "3",
        "row_count": "2",
        "missing": "'[]'::jsonb",
        "late": "'[]'::jsonb",
        "rows_digest": "h",
        "previous": "h",
        "hash": "h",
        "signatures": "'[1]'::jsonb",
    } | {column: "NULL"}
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="not-null"):
        cursor.execute(
            f"INSERT INTO audit_auditseal ({', '.join(values)}) SELECT {', '.join(values.values())}"
            " FROM decode(repeat('00', 32), 'hex') AS h"
        )


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("verification_seals_run_forwards", {"from_seal": 0}),
        ("verification_seals_run_forwards", {"to_seal": 0}),
        ("verification_seals_run_forwards", {"from_seal": None}),
        ("verification_seals_run_forwards", {"to_seal": None}),
        ("verification_rows_are_counted", {"rows": -1}),
        ("verification_findings_are_counted", {"findings": -1}),
        ("verification_took_some_time", {"seconds": -0.1}),
    ],
)
def test_the_database_refuses_a_verification_that_cannot_be(now, name, broken):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        AuditVerification.objects.create(at=now, **(VERIFICATION | broken))
    AuditVerification.objects.create(at=now, **VERIFICATION)
    AuditVerification.objects.create(at=now, **(VERIFICATION | {"from_seal": None, "to_seal": None}))


@pytest.mark.parametrize("column", ["at", "rows", "findings", "seconds"])
def test_the_database_refuses_a_verification_without_what_every_one_has(now, column):
    with pytest.raises(IntegrityError, match="not-null"):
        AuditVerification.objects.create(**({"at": now} | VERIFICATION | {column: None}))


@pytest.mark.parametrize("model", [AuditEvent, AuditSeal, AuditVerification])
def test_the_tables_are_as_their_models_say(model):
    """The log's table is written out by hand, so nothing else would tell."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname::text, format_type(atttypid, atttypmod), NOT attnotnull FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [table],
        )
        found = cursor.fetchall()
        constraints = connection.introspection.get_constraints(cursor, table)
    types = {"varchar(64)": "character varying(64)", "varchar(16)": "character varying(16)"}
    fields = [field for field in model._meta.local_fields if field.column]
    assert found == [
        (field.column, types.get(str(kind := field.db_type(connection)), kind), field.null) for field in fields
    ]
    declared = {one.name for one in [*model._meta.constraints, *model._meta.indexes]}
    named = {name for name, told in constraints.items() if not told["primary_key"]}
    assert declared == {name for name in named if not name.endswith("_not_null")}
