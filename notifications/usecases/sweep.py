"""Finding what is due, whoever forgot to say so."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from notifications.queries import due
from notifications.usecases.deliver import deliver
from notifications.wake import wake_anyway

SWEEP_EVERY_SECONDS: Final = 5  # as CELERY_BEAT_SCHEDULE has it
AT_MOST: Final = 100
BY_COMMAND_AT_MOST: Final = 500


def wake_due(*, now: datetime) -> int:
    """Wake a worker when something is due, and others for each delivery that was due a sweep ago: ``AT_MOST`` of them.

    Those go by their ids: one that makes whoever takes the most urgent fail, before it is claimed, must not keep the
    others. The wake-ups last until the next sweep, so that a queue which is not worked off does not grow by each
    sweep; a delivery woken twice is claimed once.

    Returns: how many were due, up to ``AT_MOST``.
    """
    found = due(now=now, limit=AT_MOST)
    if found:
        missed = due(now=now - timedelta(seconds=SWEEP_EVERY_SECONDS), limit=AT_MOST)
        wake_anyway(missed, lasts_seconds=SWEEP_EVERY_SECONDS)
    return len(found)


def deliver_due(*, now: datetime, limit: int = BY_COMMAND_AT_MOST, tick: Callable[[], float] = time.monotonic) -> int:
    """Send what is due from this process, one after the other: for a machine whose broker is gone.

    The last goes out long after the first, so each is claimed at its own instant: a lease that counted from ``now``
    could have ended before it began, and somebody else would send the same.

    Returns: how many were due.
    Raises:  HsmUnavailable.
    """
    began = tick()
    found = due(now=now, limit=limit)
    for delivery_id, _priority in found:
        deliver(delivery_id=delivery_id, now=now + timedelta(seconds=tick() - began))
    return len(found)
