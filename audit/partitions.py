"""The months of the log."""

from datetime import date, datetime
from typing import Final

from django.db import connection

MONTHS_AHEAD: Final = 3


def make_partition(month: date) -> bool:
    """A month has a table of its own; false when its rows lie in the table for all others, where they stay."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_partition(%s)", [month])
        (is_made,) = cursor.fetchone()
    return bool(is_made)


def months_ahead(now: datetime) -> list[date]:
    """Give the first day of this month and of those for which a table is made ahead. Times: aware UTC."""
    months = range(now.year * 12 + now.month - 1, now.year * 12 + now.month + MONTHS_AHEAD)
    return [date(month // 12, month % 12 + 1, 1) for month in months]
