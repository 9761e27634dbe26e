"""Finding what is due, whoever forgot to say so."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from notifications.queries import due
from notifications.usecases.deliver import deliver, deliver_next
from notifications.wake import wake, wake_to_drain

SWEEP_EVERY_SECONDS: Final = 5  # as CELERY_BEAT_SCHEDULE has it
AT_MOST: Final = 100
DRAINERS: Final = 4
DRAIN_SECONDS: Final = 2.0  # then the worker is free for what else waits
BY_COMMAND_AT_MOST: Final = 500
LOCKED_PAUSE_SECONDS: Final = 0.02


def wake_due(*, now: datetime) -> int:
    """Wake a worker for each delivery that is due, up to ``AT_MOST``: codes first, then what has waited longest.

    The wake-ups last until the next sweep, so that a queue which is not worked off does not grow by each sweep; a
    delivery woken twice is claimed once. Where more is due, some workers are told to take what there is: wake-ups
    by the thousand would have expired by the time they are read, and the worker would do nothing but throw them away.

    Returns: how many were due, up to ``AT_MOST``.
    """
    found = due(now=now, limit=AT_MOST)
    if len(found) == AT_MOST:
        wake_to_drain(workers=DRAINERS, lasts_seconds=SWEEP_EVERY_SECONDS)
    if found:
        wake(found, lasts_seconds=SWEEP_EVERY_SECONDS)
    return len(found)


def drain(*, now: datetime, seconds: float = DRAIN_SECONDS, tick: Callable[[], float] = time.monotonic) -> int:
    """Send what is due, the most urgent first and each time anew, until nothing is or the time is over.

    Returns: how many were sent or tried.
    Raises:  HsmUnavailable.
    """
    began, tried = tick(), 0
    while (passed := tick() - began) < seconds:
        at = now + timedelta(seconds=passed)
        if deliver_next(now=at) is not None:
            tried += 1
        elif due(now=at, limit=1):
            time.sleep(LOCKED_PAUSE_SECONDS)  # somebody else is claiming it, or it was given up
        else:
            break
    return tried


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
