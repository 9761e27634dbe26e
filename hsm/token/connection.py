"""One logged-in session of this process with the token, shared by its threads.

The binding initialises the library without locking and releases the GIL, so two threads inside it at once
crash the process: whoever uses the session holds its lock. A child of ``fork`` inherits a library that
thinks it is initialised: it finalises and begins anew. A session that is lost is opened again on the next
call, so that a module that comes back is used again without a restart (KEY-2).
"""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol, TypeVar

import pkcs11
from django.conf import settings

from hsm.errors import HsmUnavailable
from hsm.token.faults import PIN_REFUSED, is_gone
from hsm.token.start_lock import start_lock

WAIT_FOR_SESSION_SECONDS: Final = 5.0  # behind the other threads' calls, each well below a millisecond
START_ATTEMPTS: Final = 3
START_PAUSE_SECONDS: Final = 0.02

Result = TypeVar("Result")
Session = Any  # the binding's classes are compiled and hardly typed
Key = Any


class Finder(Protocol):
    """Looks a key up in the token."""

    def __call__(self, session: Session, label: str) -> Key:
        """Find the key or raise ``pkcs11.NoSuchKey``."""


class Connection:
    """The process's session and the keys found through it."""

    def __init__(self, *, wait_seconds: float = WAIT_FOR_SESSION_SECONDS) -> None:
        """Start with nothing loaded: the library is touched by the first call."""
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._session: Session = None
        self._keys: dict[tuple[Finder, str], Key] = {}
        self._is_pin_refused = False

    def call(self, act: Callable[["Connection"], Result]) -> Result:
        """Run one act with the session, opening it first, and once more where it turns out to be lost.

        Raises: HsmUnavailable when the module cannot be reached; any other error of the module means that the
                caller is wrong, and propagates.
        """
        lock = self._acquired()
        try:
            had_session = self._session is not None
            try:
                return self._attempt(act)
            except pkcs11.PKCS11Error as error:
                if not self._is_lost(error):
                    raise
                if not had_session:  # a fresh session that fails has failed for good
                    raise HsmUnavailable("The module or its key is gone.") from error
            try:
                return self._attempt(act)
            except pkcs11.PKCS11Error as error:
                if not self._is_lost(error):
                    raise
                raise HsmUnavailable("The module or its key is gone.") from error
        finally:
            lock.release()

    @property
    def session(self) -> Session:
        """The open session; only inside an act."""
        return self._session

    def key(self, find: Finder, label: str) -> Key:
        """Find a key once a session; only inside an act.

        Raises: pkcs11.NoSuchKey when the token has none.
        """
        found = self._keys.get((find, label))
        if found is None:
            found = self._keys[find, label] = find(self._session, label)
        return found

    def close(self) -> None:
        """Forget the session, its keys and a refused PIN; the next call opens anew."""
        lock = self._acquired()
        try:
            self._drop()
            self._is_pin_refused = False
        finally:
            lock.release()

    def _acquired(self) -> threading.Lock:
        lock = self._lock  # the one taken is the one given back: a child of a fork gets another
        if not lock.acquire(timeout=self._wait_seconds):
            raise HsmUnavailable("The module does not answer in time.")
        return lock

    def _attempt(self, act: Callable[["Connection"], Result]) -> Result:
        if self._session is None:
            self._open()
        return act(self)

    def _is_lost(self, error: pkcs11.PKCS11Error) -> bool:
        if not is_gone(error):
            return False
        self._drop()
        return True

    def _open(self) -> None:
        if self._is_pin_refused:  # trying on would lock the token
            raise HsmUnavailable("The token refused the PIN.")
        with start_lock():
            for attempt in range(1, START_ATTEMPTS + 1):
                try:
                    self._session = self._log_in()
                except PIN_REFUSED as error:
                    self._is_pin_refused = True
                    raise HsmUnavailable("The token refused the PIN.") from error
                except pkcs11.PKCS11Error as error:
                    if not is_gone(error) or attempt == START_ATTEMPTS:
                        raise
                    time.sleep(START_PAUSE_SECONDS * attempt)
                else:
                    return

    def _log_in(self) -> Session:
        library = pkcs11.lib(settings.PKCS11_MODULE)
        self._initialise_anew(library)
        token = library.get_token(token_label=settings.PKCS11_TOKEN_LABEL)
        return token.open(rw=True, user_pin=settings.PKCS11_USER_PIN)

    @staticmethod
    def _initialise_anew(library: Any) -> None:
        """Drop the state the library holds: a lost token's, or that of the parent of a fork."""
        with suppress(pkcs11.PKCS11Error):  # what is lost need not end well
            library.finalize()
        library.initialize()

    def _drop(self) -> None:
        self._session = None
        self._keys.clear()

    def before_fork(self) -> None:
        """Wait until no thread is inside the library: a child forked meanwhile may hang."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Begin anew: the lock, the session and the handles are the parent's."""
        self._lock = threading.Lock()
        self._drop()


connection: Final = Connection()

os.register_at_fork(
    before=connection.before_fork,
    after_in_parent=connection.after_fork_in_parent,
    after_in_child=connection.after_fork_in_child,
)
