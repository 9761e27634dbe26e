"""A circuit breaker: a module that is away is not asked again by everybody at every moment."""

import threading
from enum import Enum
from typing import Final

REFUSALS: Final = 3  # in a row, before it opens
FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 10.0
GROWTH: Final = 2
TRIAL_SECONDS: Final = 2.0  # after which a trial that never told its outcome makes room for another


class BreakerState(Enum):
    """Who may call."""

    CLOSED = "closed"
    """Everybody."""
    OPEN = "open"
    """Nobody until a given moment."""
    TRIAL = "trial"
    """One caller is inside; the others are refused."""
    HUNG = "hung"
    """Nobody until the call that hangs has returned."""


class Breaker:
    """Counts refusals in a row, and closes on the first success.

    Times:  seconds of a monotonic clock, given by the caller.
    Locks:  its own, for moments only.
    """

    def __init__(self) -> None:
        """Start closed."""
        self._lock = threading.Lock()
        self.state = BreakerState.CLOSED
        self.is_quiet = True
        """Closed, and nothing was refused lately: the usual case, read by every call without the lock."""
        self.refusals = 0
        self._open_for = FIRST_SECONDS
        self._until = 0.0

    def admits(self, now: float) -> bool:
        """Tell whether a caller may go on; where it was open for long enough, this caller is the trial."""
        with self._lock:
            if self.state is BreakerState.CLOSED:
                return True
            if self.state is BreakerState.HUNG or now < self._until:
                return False
            self.state = BreakerState.TRIAL
            self._until = now + TRIAL_SECONDS
            return True

    def succeeded(self) -> None:
        """Close: the module answered. What another call meets while one hangs proves nothing."""
        with self._lock:
            if self.state is not BreakerState.HUNG:
                self._close()

    def refused(self, now: float) -> None:
        """Count a refusal; open after some in a row, and for longer after a trial."""
        with self._lock:
            self.is_quiet = False
            self.refusals += 1
            if self.state is BreakerState.TRIAL:
                self._open_for = min(self._open_for * GROWTH, LONGEST_SECONDS)
                self._open(now)
            elif self.state is BreakerState.CLOSED and self.refusals >= REFUSALS:
                self._open(now)

    def hung(self) -> None:
        """Open until the call that hangs has returned."""
        with self._lock:
            self.is_quiet = False
            self.state = BreakerState.HUNG

    def returned(self, now: float) -> None:
        """Let the next caller be the trial: nothing hangs any more."""
        with self._lock:
            if self.state is BreakerState.HUNG:
                self.state = BreakerState.OPEN
                self._until = now

    def _open(self, now: float) -> None:
        self.state = BreakerState.OPEN
        self._until = now + self._open_for

    def _close(self) -> None:
        self.state = BreakerState.CLOSED
        self.refusals = 0
        self._open_for = FIRST_SECONDS
        self.is_quiet = True
