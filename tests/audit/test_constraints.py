"""No row and no seal of an instant or id that ends the reading with an error, or stands in front for ever."""

import pytest
from django.db import IntegrityError, transaction

from tests.audit.a_log import NOVEMBER_TABLE, event, execute, insert

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", ["audit_auditevent", "audit_auditevent_other", NOVEMBER_TABLE])
@pytest.mark.parametrize("row_id", [0, -1, -(2**63)])
def test_the_database_refuses_a_row_whose_id_no_sequence_gave(row_id, table):
    execute("SELECT audit_make_partition('2026-11-01')")
    with pytest.raises(IntegrityError, match="event_id_is_positive"), transaction.atomic():
        insert([event(1, id=row_id, at="2026-11-23 12:00+00", mac=bytes(34))], table)


@pytest.mark.parametrize(
    "instant",
    ["infinity", "-infinity", "294276-12-31 23:59:59+00", "2019-12-31 23:59:59.999999+00", "2200-01-01 00:00+00"],
)
def test_the_database_refuses_a_row_of_another_time(instant):
    with pytest.raises(IntegrityError, match="event_at_is_of_our_time"), transaction.atomic():
        insert([event(1, at=instant, mac=bytes(34))])


@pytest.mark.parametrize("instant", ["2020-01-01 00:00+00", "2199-12-31 23:59:59.999999+00"])
def test_the_database_takes_a_row_of_our_time(instant):
    insert([event(1, at=instant, mac=bytes(34))])


@pytest.mark.parametrize("instant", ["infinity", "-infinity", "294276-12-31 00:00+00", "2200-01-01 00:00+00"])
def test_the_database_refuses_a_seal_of_another_time(instant):
    with pytest.raises(IntegrityError, match="seal_at_is_of_our_time"), transaction.atomic():
        execute(
            "INSERT INTO audit_auditseal (number, at, first_id, last_id, row_count, missing, late, rows_digest,"
            " previous, hash, signatures) SELECT 1, %s, 1, 1, 1, '[]', '[]', h, h, h, '[1]'"
            " FROM decode(repeat('00', 32), 'hex') AS h",
            instant,
        )
