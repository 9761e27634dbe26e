"""When a delivery is tried again, and when it is given up."""

from datetime import timedelta
from typing import Final

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=5)


def wait_after(*, attempts: int, spread: float) -> timedelta:
    """Tell how long to wait after the ``attempts``-th try failed.

    Rule:  doubles from five seconds to five minutes; ``spread`` takes away up to half, so that what failed
           together does not come back together.
    Units: ``attempts`` from 1; ``spread`` from 0 (the whole wait) to below 1 (half of it).
    """
    doublings = min(attempts - 1, 10)
    longest = min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
    return longest * (1 - spread / 2)


def is_spent(*, attempts: int, limit: int) -> bool:
    """Tell whether no further try is left."""
    return attempts >= limit
