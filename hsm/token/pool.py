"""The sessions of one opening of the module, each with the keys that were found through it."""

import time
from queue import Empty, SimpleQueue
from typing import Any, Final, Protocol

import pkcs11

Session = Any  # the binding's classes are compiled and hardly typed
Key = Any

SLICE_SECONDS: Final = 0.02  # of a wait, between looks whether it still makes sense


class Finder(Protocol):
    """Looks a key up in the token."""

    def __call__(self, session: Session, label: str) -> Key:
        """Find the key or raise ``pkcs11.NoSuchKey``."""


class Connection:
    """A session and the keys found through it, used by one thread at a time."""

    __slots__ = ("_keys", "pool", "session")

    def __init__(self, session: Session, pool: "Pool") -> None:
        """Start with no key found."""
        self.session = session
        self.pool = pool
        self._keys: dict[tuple[Finder, str], Key] = {}

    def key(self, find: Finder, label: str) -> Key:
        """Find a key once a session; only inside an act.

        Raises: pkcs11.NoSuchKey when the token has none.
        """
        found = self._keys.get((find, label))
        if found is None:
            found = self._keys[find, label] = find(self.session, label)
        return found

    def discard(self) -> None:
        """Have the session closed after this act, with whatever could not be destroyed in it."""
        self.pool.spoil(self)


class Pool:
    """Sessions that are free, of one opening: the next opening makes another pool.

    The first session carries the log-in and is given to nobody, so that any other may be closed alone: the binding
    logs the whole process out with the session that logged it in.
    """

    def __init__(self, token: Any, pin: str, *, size: int) -> None:
        """Log in and open as many sessions as the module gives, at least one beside the first.

        Raises: pkcs11.PKCS11Error.
        """
        self.opened_at = time.monotonic()
        self._token = token
        self._log_in = token.open(rw=True, user_pin=pin)
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._spoilt: set[Connection] = set()
        self.size = 0
        for _ in range(size):
            try:
                self._add()
            except pkcs11.SessionCount:
                if not self.size:
                    raise
                break

    def taken(self) -> Connection | None:
        """Take a free session, if there is one."""
        try:
            return self._free.get_nowait()
        except Empty:
            return None

    def waited_for(self) -> Connection | None:
        """Wait a moment for a free session."""
        try:
            return self._free.get(timeout=SLICE_SECONDS)
        except Empty:
            return None

    def give(self, held: Connection) -> None:
        """Take a session back, for the next caller."""
        if held in self._spoilt:
            self.replace(held)
        else:
            self._free.put(held)

    def spoil(self, held: Connection) -> None:
        """Have a session replaced when it is given back."""
        self._spoilt.add(held)

    def replace(self, held: Connection) -> None:
        """Close a session, with the objects in it, and open another in its place.

        Raises: pkcs11.PKCS11Error; the pool then has to be given up.
        """
        self._spoilt.discard(held)
        held.session.close()
        self.size -= 1
        self._add()

    def _add(self) -> None:
        self._free.put(Connection(self._token.open(rw=True), self))
        self.size += 1
