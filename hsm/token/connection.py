"""The way into the module: a pool of logged-in sessions, opened anew when it is lost, with a limit on every call.

The library is touched by the first call. A child of ``fork`` inherits one that thinks it is initialised: it
finalises and begins anew. What is lost is opened again by the next call, so that a module that comes back is used
again without a restart (KEY-2). One that stays away is left alone for a moment (``breaker``), and a call that hangs
has everybody else refused until it returns (``watch``).
"""

import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import pkcs11
from django.conf import settings

from hsm.errors import HsmUnavailable, SealBroken
from hsm.token.breaker import Breaker, BreakerState
from hsm.token.faults import MAY_BE_STALE, PIN_REFUSED, Alerts, Fault, fault_of
from hsm.token.library import Library
from hsm.token.pool import SLICE_SECONDS, Connection, Finder, Key, Pool, Session
from hsm.token.start_lock import start_lock
from hsm.token.watch import CallUnderWay, Listener, Watch

__all__ = ["Connection", "Finder", "Key", "Session", "connection"]

WAIT_SHARE: Final = 0.5  # of a call's time: behind other calls, each well below a millisecond
DRAIN_PAUSE_SECONDS: Final = 0.001
START_ATTEMPTS: Final = 3
START_PAUSE_SECONDS: Final = 0.02
LOST: Final = frozenset({Fault.RETRY, Fault.REFUSE})
FRESH_SECONDS: Final = 0.2  # a view of the token this young is not stale

Result = TypeVar("Result")


class Module:
    """This process's module, shared by its threads."""

    def __init__(self) -> None:
        """Start with nothing loaded."""
        self._libraries: dict[str, Library] = {}
        self._is_pin_refused = False
        self._watch = Watch(hangs=self._hangs, returned=self._returned)
        self._begin()

    def _begin(self) -> None:
        self._breaker = Breaker()
        self._alerts = Alerts()
        self._pool: Pool | None = None
        self._opening = threading.Lock()  # one opening, or fork, at a time
        self._forking: int | None = None  # the thread that does
        self._set_aside: Pool | None = None

    def on_hung_call(self, listener: Listener) -> None:
        """Tell a listener of every call that hangs, once, from the thread that watches."""
        self._watch.on_hung_call(listener)

    def on_module_hung(self, listener: Callable[[], None]) -> None:
        """Tell a listener when a call has hung for ``settings.HSM_HUNG_EXIT_SECONDS``."""
        self._watch.on_module_hung(listener)

    def calls_under_way(self) -> list[CallUnderWay]:
        """Give the calls that are inside the module now and not yet known to hang."""
        return self._watch.under_way()

    def call(self, act: Callable[[Connection], Result]) -> Result:
        """Run one act with a session, and once more in a fresh one where it turns out to be lost.

        An act may run twice, and shall take milliseconds: all it does counts against ``settings.HSM_CALL_SECONDS``.

        Raises: HsmUnavailable when the module cannot be reached, or answered too late; any other error of the module
                means that the value or the caller is wrong, and propagates.
        """
        began = time.monotonic()
        if not (self._breaker.is_quiet or self._breaker.admits(began)):
            raise HsmUnavailable("The module is away, or a call to it hangs.")
        is_last = False
        while True:
            held, ticket = self._entered(began)
            try:
                result = self._acted(act, held, ticket)
            except (pkcs11.PKCS11Error, SealBroken) as failure:
                self._judge(failure, held.pool, is_last=is_last)
                is_last = True
            else:
                if not self._breaker.is_quiet:
                    self._breaker.succeeded()
                return result

    def close(self) -> None:
        """End the sessions, and forget their keys and a refused PIN; the next call opens anew.

        Raises: HsmUnavailable when another thread is opening the module, or hangs in it.
        """
        began = time.monotonic()
        with self._exclusive(began):
            self._pool = None
            self._is_pin_refused = False
            if self._is_drained(began):
                ticket = self._watch.begin(began)
                for library in self._libraries.values():
                    library.finalise()
                self._watch.end(ticket)
        self._breaker.succeeded()

    # --- entering and leaving ---

    def _entered(self, began: float) -> tuple[Connection, int]:
        """Take a session, opened first or waited for, and count the call as inside."""
        is_first = True
        while True:
            pool = self._pool
            if pool is None:
                pool = self._opened(began)
            held = pool.taken() if is_first else pool.waited_for()
            is_first = False
            if held is not None:
                ticket = self._watch.begin(began)
                if self._pool is pool:  # whoever opens anew sets it aside first, then waits for those inside
                    return held, ticket
                self._watch.end(ticket)
                pool.give(held)
            if self._watch.is_hung:
                raise HsmUnavailable("A call of the module hangs.")
            if time.monotonic() > waits_until(began):
                self._suspect(pool)
                raise HsmUnavailable("No session is free in time.")

    def _acted(self, act: Callable[[Connection], Result], held: Connection, ticket: int) -> Result:
        """Run an act; what comes late is thrown away, so that the transaction around it rolls back."""
        failure: pkcs11.PKCS11Error | SealBroken | None = None
        is_sound = False
        try:
            result = act(held)
            is_sound = True
        except (pkcs11.PKCS11Error, SealBroken) as error:
            failure = error
            traceback.clear_frames(error.__traceback__)  # searches end here, not in somebody's session later
            raise
        finally:
            in_time = self._left(held, ticket, failure, is_sound=is_sound)
            if not in_time and (is_sound or failure is not None):
                raise HsmUnavailable("The module answered too late.") from failure
        return result

    def _left(
        self, held: Connection, ticket: int, failure: pkcs11.PKCS11Error | SealBroken | None, *, is_sound: bool
    ) -> bool:
        """Give the session back, or replace it after whatever went wrong, and count the call as back.

        Returns: whether it was in time.
        """
        pool = held.pool
        try:
            if is_sound:
                pool.give(held)
            elif isinstance(failure, pkcs11.PKCS11Error) and fault_of(failure) in LOST:
                self._lose(pool)
            else:
                pool.replace(held)
        except pkcs11.PKCS11Error:
            self._lose(pool)
        if self._watch.end(ticket):
            return True
        self._lose(pool)  # who knows what state it is in
        return False

    def _suspect(self, pool: Pool) -> None:
        # An exception that struck between taking a session and giving it back may have lost it.
        if not self._watch.is_anybody_inside:
            self._lose(pool)

    def _lose(self, pool: Pool) -> None:
        if self._pool is pool:
            self._pool = None

    def _judge(self, failure: pkcs11.PKCS11Error | SealBroken, pool: Pool, *, is_last: bool) -> None:
        """Return when the act is to be tried once more; raise otherwise."""
        if isinstance(failure, SealBroken) or (fault := fault_of(failure)) is Fault.CALLER:
            self._breaker.succeeded()  # it answers, and the value is wrong
            raise failure
        if fault is Fault.RETRY and not is_last:
            return
        if isinstance(failure, MAY_BE_STALE) and not is_last and time.monotonic() - pool.opened_at > FRESH_SECONDS:
            self._lose(pool)
            return
        if fault is Fault.ALERT:
            self._alerts.say(failure)
            self._breaker.succeeded()  # it answers, if only that
        else:
            self._breaker.refused(time.monotonic())
        raise HsmUnavailable("The module or its key is gone.") from failure

    def _hangs(self) -> None:
        self._breaker.hung()

    def _returned(self) -> None:
        self._breaker.returned(time.monotonic())

    # --- opening ---

    def _opened(self, began: float) -> Pool:
        """Give the pool, opened unless another thread has done so meanwhile."""
        with self._exclusive(began):
            pool = self._pool
            if pool is None:
                if self._breaker.state in {BreakerState.OPEN, BreakerState.HUNG}:  # others failed at it meanwhile
                    raise HsmUnavailable("The module is away.")
                if not self._is_drained(began):
                    raise HsmUnavailable("Other calls are inside the module for too long.")
                ticket = self._watch.begin(began)
                try:
                    pool = self._open(began)
                finally:
                    in_time = self._watch.end(ticket)
                if not in_time:
                    raise HsmUnavailable("The module answered too late.")
                self._pool = pool
            return pool

    @contextmanager
    def _exclusive(self, began: float) -> Iterator[None]:
        """Hold the right to open or drop the pool."""
        lock = self._opening  # the one taken is the one given back: a child of a fork gets another
        while not lock.acquire(timeout=SLICE_SECONDS):
            if self._watch.is_hung or time.monotonic() > waits_until(began):
                raise HsmUnavailable("The module is not opened in time.")
        try:
            yield
        finally:
            lock.release()

    def _is_drained(self, began: float) -> bool:
        """Wait until nobody is inside; nobody enters while there is no pool."""
        while self._watch.is_anybody_inside:
            if self._watch.is_hung or time.monotonic() > waits_until(began):
                return False
            time.sleep(DRAIN_PAUSE_SECONDS)
        return True

    def _open(self, began: float) -> Pool:
        if self._is_pin_refused:  # trying on would lock the token
            raise HsmUnavailable("The token refused the PIN.")
        self._watch.start()
        try:
            with start_lock(wait_seconds=max(waits_until(began) - time.monotonic(), 0)):
                return self._logged_in()
        except PIN_REFUSED as error:
            self._is_pin_refused = True
            self._alerts.say(error)
            raise HsmUnavailable("The token refused the PIN.") from error
        except pkcs11.PKCS11Error as error:
            if fault_of(error) in {Fault.ALERT, Fault.CALLER}:
                self._alerts.say(error)
            self._breaker.refused(time.monotonic())
            raise HsmUnavailable("The module or its token is gone.") from error

    def _logged_in(self) -> Pool:
        for attempt in range(1, START_ATTEMPTS):
            try:
                return self._try_to_log_in()
            except PIN_REFUSED:
                raise
            except pkcs11.PKCS11Error as error:
                if fault_of(error) is not Fault.RETRY:
                    raise
            time.sleep(START_PAUSE_SECONDS * attempt)
        return self._try_to_log_in()

    def _try_to_log_in(self) -> Pool:
        path = settings.PKCS11_MODULE
        library = self._libraries.get(path)
        if library is None:
            library = self._libraries[path] = Library(path)
        library.initialise_anew()
        token = library.binding.get_token(token_label=settings.PKCS11_TOKEN_LABEL)
        size = max(settings.HSM_SESSIONS, 1) if library.may_thread else 1
        return Pool(token, settings.PKCS11_USER_PIN, size=size)

    # --- forks ---

    def before_fork(self) -> None:
        """Wait, not for ever, until no thread is inside the library: a child forked meanwhile may hang."""
        began = time.monotonic()
        if self._opening.acquire(timeout=waits_until(began) - began):
            self._forking = threading.get_ident()
            self._set_aside, self._pool = self._pool, None
            self._is_drained(began)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._forking == threading.get_ident():
            self._forking = None
            self._pool, self._set_aside = self._set_aside, None
            self._opening.release()

    def after_fork_in_child(self) -> None:
        """Begin anew: locks, calls, sessions and handles are the parent's."""
        self._begin()
        self._watch.after_fork_in_child()


def waits_until(began: float) -> float:
    """Tell until when a call that began then may wait for its turn; the rest of its time is the module's."""
    return began + WAIT_SHARE * float(settings.HSM_CALL_SECONDS)


connection: Final = Module()
on_hung_call: Final = connection.on_hung_call
on_module_hung: Final = connection.on_module_hung
calls_under_way: Final = connection.calls_under_way

os.register_at_fork(
    before=connection.before_fork,
    after_in_parent=connection.after_fork_in_parent,
    after_in_child=connection.after_fork_in_child,
)
