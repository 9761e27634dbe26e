"""When a delivery is tried again, and when it is given up."""

from datetime import datetime, timedelta
from typing import Final

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=10)


def wait_after(*, attempts: int, spread: float) -> timedelta:
    """Tell how long to wait after the ``attempts``-th try failed.

    Rule:  doubles from five seconds to ten minutes; ``spread`` takes away up to half, so that what failed
           together does not come back together.
    Units: ``attempts`` from 1; ``spread`` from 0 (the whole wait) to below 1 (half of it).
    """
    doublings = min(attempts - 1, 10)
    longest = min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    return longest * (1 - spread / 2)


def lease_after(*, unanswered: int, lease_for: timedelta) -> timedelta:
    """Tell how long a claim holds when so many before it ended without an answer.

    Rule:  what may be killing workers does so ever more seldom; never shorter than a lease.
    """
    return lease_for if unanswered == 0 else max(lease_for, wait_after(attempts=unanswered, spread=0.0))


def is_spent(*, unanswered: int, limit: int) -> bool:
    """Tell whether too many claims in a row ended without an answer."""
    return unanswered >= limit


def is_too_old(*, failing_since: datetime, now: datetime, give_up_after: timedelta) -> bool:
    """Tell whether an address has been failing for so long that no try is left.

    Rule:  ALR-4: by age, never by the number of tries; what is ours to repair is not counted (the caller
           begins ``failing_since`` anew).
    """
    return now - failing_since >= give_up_after
