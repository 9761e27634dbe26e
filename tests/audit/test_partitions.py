"""The log lies in months; a row always finds a place."""

import logging
from datetime import UTC, date, datetime

import pytest
from django.db import DataError, connection, transaction

from audit.models import AuditEvent
from audit.partitions import make_partition, months_ahead
from audit.tasks import make_partitions_task
from audit.usecases.make_partitions import make_partitions
from tests.audit.sealing import record_one

pytestmark = pytest.mark.django_db


def table_of(row_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_auditevent WHERE id = %s", [row_id])
        return str(cursor.fetchone()[0])


def tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_auditevent'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def test_rows_lie_in_their_months():
    for month in (date(2027, 5, 1), date(2027, 6, 30), date(2027, 7, 2)):
        assert make_partition(month)
    last, first = datetime(2027, 5, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)
    assert table_of(record_one(last)) == "audit_auditevent_y2027m05"
    assert table_of(record_one(first)) == "audit_auditevent_y2027m06"
    assert table_of(record_one(datetime(2027, 7, 31, 12, tzinfo=UTC))) == "audit_auditevent_y2027m07"


@pytest.mark.parametrize("year", [2020, 2021, 2099, 2199])
def test_a_row_far_off_lies_in_the_table_for_all_others(year):
    assert table_of(record_one(datetime(year, 6, 1, tzinfo=UTC))) == "audit_auditevent_other"


def test_the_running_and_the_next_months_are_there_from_the_start():
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (started,) = cursor.fetchone()
    assert {f"audit_auditevent_{month:y%Ym%m}" for month in months_ahead(started)[:3]} <= tables()


def test_months_are_made_ahead_over_the_end_of_a_year():
    assert months_ahead(datetime(2026, 11, 30, 23, tzinfo=UTC)) == [
        *(date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)),
    ]


def test_making_months_again_changes_nothing():
    now = datetime(2027, 10, 15, tzinfo=UTC)
    assert make_partitions(now=now) == []
    made = tables()
    assert {f"audit_auditevent_y{month}" for month in ("2027m10", "2027m11", "2027m12", "2028m01")} <= made
    assert make_partitions(now=now) == []
    assert tables() == made


def test_a_month_whose_rows_lie_in_the_other_table_stays_there():
    row_id = record_one(datetime(2027, 11, 5, tzinfo=UTC))
    assert make_partitions(now=datetime(2027, 10, 15, tzinfo=UTC)) == [date(2027, 11, 1)]
    assert "audit_auditevent_y2027m11" not in tables()
    assert table_of(row_id) == table_of(record_one(datetime(2027, 11, 6, tzinfo=UTC))) == "audit_auditevent_other"
    assert AuditEvent.objects.filter(at__year=2027).count() == 2


@pytest.mark.parametrize("month", [date(2019, 12, 31), date(2100, 1, 1)])
def test_a_month_far_off_gets_no_table(month):
    with pytest.raises(DataError, match="No partition"), transaction.atomic():
        make_partition(month)


def test_the_task_makes_the_months_of_now(caplog):
    with caplog.at_level(logging.WARNING):
        make_partitions_task()
    assert caplog.text == ""


def test_every_partition_has_the_indexes_and_constraints_of_the_table():
    make_partition(date(2027, 8, 1))
    found = {}
    for table in ["audit_auditevent", *tables()]:
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, table)
        kinds = [
            (tuple(told["columns"]), told["index"], told["primary_key"], tuple(told.get("orders") or ()), told["check"])
            for told in constraints.values()
        ]
        found[table] = sorted(map(str, kinds))
    assert len({str(kinds) for kinds in found.values()}) == 1, found
