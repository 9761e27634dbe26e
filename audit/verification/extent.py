"""Which rows and seals an export of a period holds."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from audit.models import AuditSeal
from audit.verification.months import PARENT
from audit.verification.reading import Period, scalar


@dataclass(frozen=True)
class Extent:
    """The rows of a period, and the seals around them; numbers are zero when there is none."""

    rows: int
    last_id: int
    first_seal: int
    last_seal: int
    first_id: int
    """Where the first seal's range begins."""
    is_to_the_end: bool
    """Whether rows behind the last seal may be of the period."""


_SPAN = f"SELECT count(*), min(id), max(id) FROM {PARENT} WHERE at >= %s AND at < %s"  # noqa: S608 - our own words
# A case of its own decides before the cast: whoever wrote something else there is told of by verification.
_LATE = f"""
SELECT max(number)
FROM audit_auditseal, jsonb_array_elements(CASE jsonb_typeof(late) WHEN 'array' THEN late ELSE '[]' END) AS late_id
WHERE number > %s AND EXISTS (
    SELECT FROM {PARENT}
    WHERE id = CASE WHEN late_id::text ~ '^[0-9]{{1,18}}$' THEN late_id::text::bigint END AND at >= %s AND at < %s
)
"""  # noqa: S608 - our own words


def extent_of(period: Period) -> Extent:
    """Find what an export of a period holds.

    From the last seal before the period to the first one after it, as far as there are such: so that seals of rows
    that are gone are not left out with them, and whoever checks sees that none is. Late rows are in seals of their own,
    after those of their ids. Rows count where they lie, also in a month that is not theirs.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_partition_pruning = off")
        cursor.execute("SET LOCAL constraint_exclusion = off")
        cursor.execute(_SPAN, period)
        rows, least_id, most_id = cursor.fetchone() or (0, None, None)
    first = _number("max", "at < %s", period[0]) or _number("min", "true")
    if not first:
        return Extent(rows, most_id or 0, 0, 0, 1, is_to_the_end=True)
    last = _number("min", "at >= %s", period[1]) or _number("max", "true")
    if least_id is not None:
        first = min(first, _number("min", "last_id >= %s", least_id) or first)
        last = max(last, _number("max", "first_id <= %s AND first_id <= last_id", most_id))
        last = max(last, scalar(_LATE, [first, *period]) or 0)
    first_id = AuditSeal.objects.filter(number=first).values_list("first_id", flat=True).first() or 1
    return Extent(rows, most_id or 0, first, last, first_id, is_to_the_end=last == _number("max", "true"))


def _number(function: str, condition: str, *values: Any) -> int:
    found = scalar(f"SELECT {function}(number) FROM audit_auditseal WHERE {condition}", list(values))  # noqa: S608 - our own words
    return int(found or 0)
