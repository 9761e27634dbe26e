"""The log's table, which is partitioned and so written out here, and the seals over it."""

import datetime

import django.db.models.expressions
import django.db.models.lookups
from django.db import migrations, models

TABLE = r"""
CREATE TABLE audit_auditevent (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind varchar(64) NOT NULL,
    actor_kind varchar(16) NOT NULL,
    actor_id uuid,
    office_id uuid,
    organisation_id uuid,
    subject_id uuid,
    facts jsonb NOT NULL,
    mac bytea NOT NULL,
    CONSTRAINT event_id_is_positive CHECK (id >= 1),
    CONSTRAINT event_at_is_of_our_time
        CHECK (at >= '2020-01-01 00:00:00+00' AND at < '2200-01-01 00:00:00+00'),
    CONSTRAINT event_kind_names_app_and_act CHECK (kind ~ '^[a-z]+\.[a-z_]+$'),
    CONSTRAINT event_actor_kind_is_known
        CHECK (actor_kind IN ('citizen', 'officer', 'custodian', 'alert_holder', 'visitor', 'system')),
    CONSTRAINT event_person_has_an_id
        CHECK (actor_kind NOT IN ('citizen', 'custodian', 'officer') OR actor_id IS NOT NULL),
    CONSTRAINT event_system_has_no_id CHECK (actor_kind <> 'system' OR actor_id IS NULL),
    CONSTRAINT event_office_is_an_officers
        CHECK (actor_kind = 'officer' OR (office_id IS NULL AND organisation_id IS NULL)),
    CONSTRAINT event_facts_are_an_object CHECK (jsonb_typeof(facts) = 'object'),
    CONSTRAINT event_mac_is_whole CHECK (length(mac) = 34),
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE SEQUENCE audit_auditevent_id_seq AS bigint OWNED BY audit_auditevent.id;
CREATE INDEX event_by_subject ON audit_auditevent (subject_id, id DESC) WHERE subject_id IS NOT NULL;
CREATE INDEX event_by_subject_at ON audit_auditevent (subject_id, at DESC, id DESC) WHERE subject_id IS NOT NULL;
CREATE INDEX event_by_actor ON audit_auditevent (actor_id, at DESC, id DESC) WHERE actor_id IS NOT NULL;
CREATE INDEX event_by_kind ON audit_auditevent (kind, at DESC, id DESC);
CREATE INDEX event_by_instant ON audit_auditevent (at, id);
CREATE TABLE audit_auditevent_other PARTITION OF audit_auditevent DEFAULT;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLE, "DROP TABLE audit_auditevent")],
            state_operations=[
                migrations.CreateModel(
                    name="AuditEvent",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "id", "at", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("id", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("kind", models.CharField(max_length=64)),
                        (
                            "actor_kind",
                            models.CharField(
                                choices=[
                                    ("citizen", "citizen"),
                                    ("officer", "officer"),
                                    ("custodian", "custodian"),
                                    ("alert_holder", "alert_holder"),
                                    ("visitor", "visitor"),
                                    ("system", "system"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("actor_id", models.UUIDField(null=True)),
                        ("office_id", models.UUIDField(null=True)),
                        ("organisation_id", models.UUIDField(null=True)),
                        ("subject_id", models.UUIDField(null=True)),
                        ("facts", models.JSONField()),
                        ("mac", models.BinaryField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("subject_id__isnull", False)),
                                fields=["subject_id", "-id"],
                                name="event_by_subject",
                            ),
                            models.Index(
                                condition=models.Q(("subject_id__isnull", False)),
                                fields=["subject_id", "-at", "-id"],
                                name="event_by_subject_at",
                            ),
                            models.Index(
                                condition=models.Q(("actor_id__isnull", False)),
                                fields=["actor_id", "-at", "-id"],
                                name="event_by_actor",
                            ),
                            models.Index(fields=["kind", "-at", "-id"], name="event_by_kind"),
                            models.Index(fields=["at", "id"], name="event_by_instant"),
                        ],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("id__gte", 1)), name="event_id_is_positive"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("at__gte", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
                                    ("at__lt", datetime.datetime(2200, 1, 1, tzinfo=datetime.UTC)),
                                ),
                                name="event_at_is_of_our_time",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind__regex", "^[a-z]+\\.[a-z_]+$")),
                                name="event_kind_names_app_and_act",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "actor_kind__in",
                                        ["citizen", "officer", "custodian", "alert_holder", "visitor", "system"],
                                    )
                                ),
                                name="event_actor_kind_is_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("actor_kind__in", ["citizen", "custodian", "officer"]), _negated=True),
                                    ("actor_id__isnull", False),
                                    _connector="OR",
                                ),
                                name="event_person_has_an_id",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("actor_kind", "system"), _negated=True),
                                    ("actor_id__isnull", True),
                                    _connector="OR",
                                ),
                                name="event_system_has_no_id",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("actor_kind", "officer"),
                                    models.Q(("office_id__isnull", True), ("organisation_id__isnull", True)),
                                    _connector="OR",
                                ),
                                name="event_office_is_an_officers",
                            ),
                            models.CheckConstraint(
                                condition=django.db.models.lookups.Exact(
                                    models.Func(
                                        models.F("facts"), function="jsonb_typeof", output_field=models.TextField()
                                    ),
                                    models.Value("object"),
                                ),
                                name="event_facts_are_an_object",
                            ),
                            models.CheckConstraint(condition=models.Q(("mac__length", 34)), name="event_mac_is_whole"),
                        ],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("row_count", models.IntegerField()),
                ("missing", models.JSONField()),
                ("late", models.JSONField()),
                ("rows_digest", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("hash", models.BinaryField()),
                ("signatures", models.JSONField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["last_id"], name="seal_by_last_id"),
                    models.Index(fields=["at"], name="seal_by_instant"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("first_id__gt", 1), ("number__gt", 1)),
                            models.Q(
                                ("first_id", 1),
                                ("number", 1),
                                (
                                    "previous",
                                    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="seal_first_begins_the_log",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("at__gte", datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
                            ("at__lt", datetime.datetime(2200, 1, 1, tzinfo=datetime.UTC)),
                        ),
                        name="seal_at_is_of_our_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "last_id__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("first_id"), "-", models.Value(1)
                                ),
                            )
                        ),
                        name="seal_range_runs_forwards",
                    ),
                    models.CheckConstraint(condition=models.Q(("row_count__gte", 1)), name="seal_covers_some_row"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(models.F("missing"), function="jsonb_typeof", output_field=models.TextField()),
                            models.Value("array"),
                        ),
                        name="seal_missing_is_a_list",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(models.F("late"), function="jsonb_typeof", output_field=models.TextField()),
                            models.Value("array"),
                        ),
                        name="seal_late_is_a_list",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rows_digest__length", 32)), name="seal_rows_digest_is_whole"
                    ),
                    models.CheckConstraint(condition=models.Q(("previous__length", 32)), name="seal_previous_is_whole"),
                    models.CheckConstraint(condition=models.Q(("hash__length", 32)), name="seal_hash_is_whole"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("signatures"), function="jsonb_typeof", output_field=models.TextField()
                            ),
                            models.Value("array"),
                        ),
                        name="seal_signatures_are_a_list",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signatures", []), _negated=True), name="seal_has_a_signature"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditVerification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("from_seal", models.BigIntegerField(null=True)),
                ("to_seal", models.BigIntegerField(null=True)),
                ("rows", models.BigIntegerField()),
                ("findings", models.IntegerField()),
                ("seconds", models.FloatField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("from_seal__isnull", True), ("to_seal__isnull", True)),
                            models.Q(
                                ("from_seal__gte", 1),
                                ("from_seal__isnull", False),
                                ("to_seal__gte", models.F("from_seal")),
                                ("to_seal__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="verification_seals_run_forwards",
                    ),
                    models.CheckConstraint(condition=models.Q(("rows__gte", 0)), name="verification_rows_are_counted"),
                    models.CheckConstraint(
                        condition=models.Q(("findings__gte", 0)), name="verification_findings_are_counted"
                    ),
                    models.CheckConstraint(condition=models.Q(("seconds__gte", 0)), name="verification_took_some_time"),
                ],
            },
        ),
    ]
