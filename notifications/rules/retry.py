"""When a delivery is tried again, and when it is given up."""

from datetime import datetime, timedelta
from typing import Final

from notifications.states import Priority

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=10)
FIRST_WAIT_AFTER_REPORT: Final = timedelta(seconds=30)
LONGEST_WAIT_AFTER_REPORT: Final = timedelta(hours=1)
CODE_WAITS_IN_DOUBT: Final = timedelta(seconds=30)
ALERT_WAITS_IN_DOUBT: Final = timedelta(minutes=10)
COPIES_SOON: Final = 2  # in doubt; further ones are hours apart
WAITS_AFTER_COPIES: Final = timedelta(hours=12)


def wait_after(*, attempts: int, spread: float) -> timedelta:
    """Tell how long to wait after the ``attempts``-th try failed.

    Rule:  doubles from five seconds to ten minutes; ``spread`` takes away up to half, so that what failed
           together does not come back together.
    Units: ``attempts`` from 1; ``spread`` from 0 (the whole wait) to below 1 (half of it).
    """
    return _doubled(FIRST_WAIT, LONGEST_WAIT, attempts, spread)


def wait_after_report(*, attempts: int, spread: float) -> timedelta:
    """Tell how long to wait after the provider reported that the ``attempts``-th try did not arrive.

    Rule:  doubles from thirty seconds to an hour: a handset that is off comes back in minutes or hours, and each try
           is paid for.
    Units: as ``wait_after``.
    """
    return _doubled(FIRST_WAIT_AFTER_REPORT, LONGEST_WAIT_AFTER_REPORT, attempts, spread)


def _doubled(first: timedelta, longest: timedelta, attempts: int, spread: float) -> timedelta:
    doublings = min(attempts - 1, 10)
    return min(first * (1 << doublings), longest) * (1 - spread / 2)


def patience_in_doubt(*, priority: Priority, copies: int, can_be_told: bool) -> timedelta:
    """Tell how long a message waits before it goes out again although nobody can say whether it did before.

    ``copies`` went out in doubt already; ``can_be_told`` when the provider may yet say what became of the last.

    Rule:  ALR-4: none is lost, so a second copy is risked in the end; soon for a code, for which somebody waits, and
           for an alert well inside the hour in which a change can still be stopped. Where nobody can be asked the first
           goes out at once. Who swallows each copy and never says yes probably has them all: hours pass then.
    Times: counted from when the last one was left without an answer.
    """
    if copies >= COPIES_SOON:
        return WAITS_AFTER_COPIES
    if copies == 0 and not can_be_told:
        return timedelta()
    return CODE_WAITS_IN_DOUBT if priority is Priority.CODE else ALERT_WAITS_IN_DOUBT


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
