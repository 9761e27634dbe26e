"""Calls that hang: found by a thread that watches, told to whoever can still answer for them.

A call inside the module's library cannot be interrupted from Python, and handing every call to another thread or
process costs several times the call itself (docs/decisions/0071). So it runs where it is, and is watched.
"""

import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.conf import settings

LONGEST_TICK_SECONDS: Final = 0.25
TICKS_PER_LIMIT: Final = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CallUnderWay:
    """A call of a thread that is inside the module.

    Times: ``began`` is a reading of ``time.monotonic``.
    """

    thread_id: int
    began: float


class HungCall(CallUnderWay):
    """A call that has taken longer than ``settings.HSM_CALL_SECONDS``."""


Listener = Callable[[HungCall], None]


class Watch:
    """The calls that are inside the module now, and those of them that hang.

    Whether a call came back in time or hangs is decided by who takes it out of ``_inside`` first.
    """

    def __init__(self, *, hangs: Callable[[], None], returned: Callable[[], None]) -> None:
        """Start with nobody inside; ``hangs`` is called at the first hung call, ``returned`` after the last."""
        self._hangs = hangs
        self._returned = returned
        self._listeners: list[Listener] = []
        self._exit_listeners: list[Callable[[], None]] = []
        self._tickets = itertools.count()
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Begin anew: threads and calls are the parent's; who listens stays."""
        self._inside: dict[int, tuple[int, float]] = {}
        self._hung: dict[int, HungCall] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def on_hung_call(self, listener: Listener) -> None:
        """Tell a listener of every call that hangs, once, from the thread that watches."""
        self._listeners.append(listener)

    def on_module_hung(self, listener: Callable[[], None]) -> None:
        """Tell a listener when a call has hung for ``settings.HSM_HUNG_EXIT_SECONDS``."""
        self._exit_listeners.append(listener)

    def begin(self, began: float) -> int:
        """Count a call of this thread as inside; each gets a ticket of its own."""
        ticket = next(self._tickets)
        self._inside[ticket] = (threading.get_ident(), began)
        return ticket

    def end(self, ticket: int) -> bool:
        """Count a call as back.

        Returns: whether it was in time; a late one's result is not to be used.
        """
        if self._inside.pop(ticket, None) is not None:
            return True
        with self._lock:  # until then it may not yet stand among the hung
            self._hung.pop(ticket, None)
            if not self._hung:
                self._returned()
        log.error("A call of the module that hung has returned.")
        return False

    def under_way(self) -> list[CallUnderWay]:
        """Give the calls that are inside the module now and not yet known to hang."""
        return [CallUnderWay(thread_id, began) for thread_id, began in self._inside.copy().values()]

    @property
    def is_anybody_inside(self) -> bool:
        """Tell whether any thread may be inside the library."""
        return bool(self._inside or self._hung)

    @property
    def is_hung(self) -> bool:
        """Tell whether a call hangs now."""
        return bool(self._hung)

    def start(self) -> None:
        """Have the thread that watches."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="hsm-watch", daemon=True)
                self._thread.start()

    def look(self, now: float) -> None:
        """Declare calls hung that are too old, and tell the listeners of them."""
        limit = settings.HSM_CALL_SECONDS
        for ticket, (thread_id, began) in self._inside.copy().items():
            if now - began >= limit:
                self._declare(ticket, HungCall(thread_id, began))

    def _declare(self, ticket: int, call: HungCall) -> None:
        with self._lock:
            # First among the hung: whoever asks whether anybody is inside must find the call in one of the two.
            self._hung[ticket] = call
            if self._inside.pop(ticket, None) is None:
                del self._hung[ticket]
                return  # it came back in this very moment
            self._hangs()
        log.critical("A call of the module hangs: every other one is refused until it returns.")
        for listener in self._listeners:
            listener(call)

    def _run(self) -> None:
        told: set[int] = set()
        try:
            while True:
                time.sleep(min(LONGEST_TICK_SECONDS, settings.HSM_CALL_SECONDS / TICKS_PER_LIMIT))
                now = time.monotonic()
                self.look(now)
                self._look_for_exit(now, told)
        finally:  # a listener that fails must not end the watch
            self._thread = None
            self.start()

    def _look_for_exit(self, now: float, told: set[int]) -> None:
        for ticket, call in self._hung.copy().items():
            if ticket not in told and now - call.began >= settings.HSM_HUNG_EXIT_SECONDS:
                told.add(ticket)
                log.critical("A call of the module has hung for too long: this process has to be replaced.")
                for listener in self._exit_listeners:
                    listener()
