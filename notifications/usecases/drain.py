"""Working the outbox off: what a wake-up is for."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from notifications.queries import due
from notifications.usecases.deliver import deliver_next
from notifications.wake import begin_to_look, wake

SECONDS: Final = 1.0  # then the worker is free for what else waits
LINGER_SECONDS: Final = 0.1  # after the last: another look costs a tenth of another task
PAUSE_SECONDS: Final = 0.02  # between two looks


def drain(*, now: datetime, seconds: float = SECONDS, tick: Callable[[], float] = time.monotonic) -> int:
    """Send what is due, the most urgent first and each time anew, until nothing is or the time is over.

    Whoever commits meanwhile wakes another, as does this one when it finds more than it can take at once: so there
    are as many as the worker has processes, while there is something to do.

    Returns: how many were sent or tried.
    Raises:  HsmUnavailable.
    """
    begin_to_look()
    if len(due(now=now, limit=2)) > 1:
        wake()
    began, tried, last = tick(), 0, 0.0
    while (passed := tick() - began) < seconds:
        at = now + timedelta(seconds=passed)
        if deliver_next(now=at) is not None:
            tried, last = tried + 1, tick() - began
        elif passed - last < LINGER_SECONDS or due(now=at, limit=1):
            time.sleep(PAUSE_SECONDS)  # nothing is due, or somebody else is claiming it, or it was given up
        else:
            return tried
    if due(now=now + timedelta(seconds=passed), limit=1):
        wake()
    return tried
