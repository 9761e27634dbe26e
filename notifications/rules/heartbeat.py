"""How often a message proves that alerts get through, and when the lack of one is an alarm."""

from datetime import datetime, timedelta
from typing import Final

EVERY: Final = timedelta(minutes=5)
LATE_AFTER: Final = timedelta(minutes=15)  # three in a row; and none is worth sending that is older


def is_due(*, newest_at: datetime | None, now: datetime) -> bool:
    """Tell whether the next heartbeat is to be written."""
    return newest_at is None or now - newest_at >= EVERY


def is_late(*, arrived_at: datetime | None, now: datetime) -> bool:
    """Tell whether no heartbeat arrived for so long that alerts cannot be said to get through.

    Rule: ALR-4. One that never was is late: what was not shown is not known.
    """
    return arrived_at is None or now - arrived_at >= LATE_AFTER


def is_stuck(*, due_at: datetime | None, now: datetime) -> bool:
    """Tell whether an alert that was due has been left for so long: what is looked at where no heartbeat is sent."""
    return due_at is not None and now - due_at >= LATE_AFTER
