"""Working the outbox off: what a wake-up is for."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from notifications.queries import due
from notifications.usecases.deliver import deliver_next
from notifications.wake import wake

SECONDS: Final = 1.0  # then the worker is free for what else waits
LINGER_SECONDS: Final = 0.1  # after the last: another look costs a tenth of another task
AHEAD: Final = timedelta(seconds=1)  # whose clock is behind another's sees what that one stored only later
PAUSE_SECONDS: Final = 0.02  # between two looks


def drain(*, now: datetime, seconds: float = SECONDS, tick: Callable[[], float] = time.monotonic) -> int:
    """Send what is due, the most urgent first and each time anew, until nothing is or the time is over.

    The caller has said that it begins to look before it read ``now``. Whoever commits meanwhile wakes another, as does
    this one when it has claimed one and finds another: so there are as many as the worker has processes, while there
    is something to do; and where nothing can be claimed, as with the HSM gone, nobody wakes anybody.

    Returns: how many were sent, tried or given up.
    Raises:  HsmUnavailable.
    """
    began, tried, last, has_woken = tick(), 0, 0.0, False

    def wake_another() -> None:
        nonlocal has_woken
        if not has_woken and due(now=now, limit=1):
            has_woken = wake()

    while (passed := tick() - began) < seconds:
        at = now + timedelta(seconds=passed)
        if deliver_next(now=at, when_claimed=wake_another) is not None:
            tried, last = tried + 1, tick() - began
        elif passed - last < LINGER_SECONDS or due(now=at + AHEAD, limit=1):
            time.sleep(PAUSE_SECONDS)  # nothing is due yet, or somebody else is claiming it
        else:
            return tried
    if due(now=now + timedelta(seconds=passed) + AHEAD, limit=1):
        wake()
    return tried
