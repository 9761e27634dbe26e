"""Making the log's months ahead."""

from datetime import UTC, date, datetime

from audit.partitions import make_partition, months_ahead


def make_partitions(*, now: datetime) -> list[date]:
    """This month and the next ones have tables of their own; those that were there stay as they are.

    Returns: the months whose rows lie in the table for all others, and stay there.
    Raises:  OperationalError when the log is read or locked for longer than a moment; the next run goes on.
    """
    return [month for month in months_ahead(now.astimezone(UTC)) if not make_partition(month)]
