"""What this process knows of the keys: their versions, and the data keys in the clear.

Read on first use, and anew once the reading is older than ``settings.KEYRING_SECONDS``: by one thread, while the
others go on with what is known; keys that are open stay open. A reading of twice that age is used by nobody as long
as a newer one is to be had, and the ceremonies count on it: what was published longer than that ago, every process
knows (KEY-3, docs/decisions/0077). A value made with a version that is not known here makes it read at once, though
not more than once a second: whoever can write such values must not slow everything else down.
"""

import logging
import math
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction

from hsm.errors import HsmUnavailable, KeyClosed
from hsm.models import DataKey, KeyVersion
from hsm.opening import ClosedKey, OpenDataKey, Opened, opened_keys
from hsm.queries import KnownVersion, readable_data_keys, readable_versions
from hsm.rules import key_label
from hsm.states import DATA_KEY, READABLE, SIGNING, KeyName, KeyState
from hsm.vouching import Vouched, Vouchers, name_of

WAIT_SECONDS: Final = 5.0  # for the thread that reads first
RETRIES: Final = 4  # of a failed reading, before the last one is too old
PAUSE_SECONDS: Final = 1.0  # between readings for the sake of what is missing, where KEYRING_SECONDS is not less

Found = TypeVar("Found")

log = logging.getLogger(__name__)


class UnknownVersion(LookupError):  # noqa: N818 - named like its siblings in hsm.errors
    """No readable key has this version."""

    def __init__(self, name: str, version: int) -> None:
        """Name the key and the version that it does not have."""
        super().__init__(f"{name} {version}")


@dataclass(frozen=True)
class Keyring:
    """The readable versions, as of one reading."""

    versions: dict[KeyName, dict[int, KnownVersion]]
    data_keys: dict[int, OpenDataKey]
    private_keys: dict[tuple[KeyName, int], Any] = field(default_factory=dict, repr=False)
    """Of pairs whose algorithm the module lacks."""
    closed: dict[str, ClosedKey] = field(default_factory=dict)
    """Of both, what did not open, by label."""
    vouched: Vouched = field(default=frozenset(), repr=False)
    """What the module said of the rows."""

    def active(self, name: KeyName) -> int:
        """Give the version that protects new values.

        Raises: HsmUnavailable when there is none.
        """
        for known in self.versions[name].values():
            if known.state is KeyState.ACTIVE:
                return known.version
        raise HsmUnavailable("A key has no active version; the founding makes the keys (hsm found, hsm_provision).")

    def active_data_key(self) -> OpenDataKey:
        """Give the data key that seals new values.

        Raises: KeyClosed when it did not open; HsmUnavailable when there is none.
        """
        for key in self.data_keys.values():
            if key.state is KeyState.ACTIVE:
                return key
        for closed in self._closed_data_keys():
            if closed.state is KeyState.ACTIVE:
                raise closed.error()
        raise HsmUnavailable("No data key is active; the founding makes the keys (hsm found, hsm_provision).")

    def log_data_key(self) -> OpenDataKey:
        """Give the data key that the log's rows are keyed with: the active one, or else the newest.

        While an emergency leaves no data key active, or the active one does not open, the ceremonies that end it are
        logged (docs/decisions/0077).

        Raises: KeyClosed when none opened; HsmUnavailable when there is none at all.
        """
        keys = self.data_keys.values()
        found = max(keys, key=lambda key: (key.state is KeyState.ACTIVE, key.version), default=None)
        if found is None:
            for closed in self._closed_data_keys():
                raise closed.error()
            raise HsmUnavailable("There is no data key; the founding makes the keys (hsm found, hsm_provision).")
        return found

    def known(self, name: KeyName, version: int) -> KnownVersion:
        """Give a readable version of a key.

        Raises: UnknownVersion.
        """
        try:
            return self.versions[name][version]
        except KeyError as error:
            raise UnknownVersion(name, version) from error

    def private_key(self, name: KeyName, version: int) -> Any:
        """Give what signs beside the label: a key in memory, or ``None`` for a pair that the module holds.

        Raises: KeyClosed when it is kept wrapped and did not open.
        """
        try:
            return self.private_keys[name, version]
        except KeyError as error:
            raise KeyClosed("A private key that is kept wrapped is not open in this process.") from error

    def data_key(self, version: int) -> OpenDataKey:
        """Give a readable data key.

        Raises: UnknownVersion; KeyClosed when it did not open.
        """
        try:
            return self.data_keys[version]
        except KeyError as error:
            closed = self.closed.get(key_label(DATA_KEY, version))
            if closed is not None:
                raise closed.error() from error
            raise UnknownVersion(DATA_KEY, version) from error

    @property
    def has_data_keys(self) -> bool:
        """Whether there were data keys, open or not: without any it was read before they were made."""
        return bool(self.data_keys) or any(self._closed_data_keys())

    @property
    def opened(self) -> Opened:
        """What the next reading need not open again."""
        return Opened(self.data_keys, self.private_keys, self.closed, self.vouched)

    def _closed_data_keys(self) -> Iterator[ClosedKey]:
        return (closed for label, closed in self.closed.items() if label.startswith(f"{DATA_KEY}."))


class Holder:
    """The keyring of this process, or none yet."""

    def __init__(self, read: Callable[[], Keyring], *, wait_seconds: float = WAIT_SECONDS) -> None:
        """Start with nothing read."""
        self._read = read
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._ring: Keyring | None = None
        self._due_at = 0.0
        self._too_old_at = 0.0
        self._missed_at = -math.inf
        self._is_missed_in_vain = False

    @property
    def last(self) -> Keyring | None:
        """The last reading, whatever its age."""
        return self._ring

    def ring(self) -> Keyring:
        """Give the keyring; the first reading, and one that nobody made in time, is waited for.

        Raises: HsmUnavailable when it cannot be read for the first time, or the thread that reads it hangs.
        """
        ring = self._ring
        if ring is None or not (ring.data_keys or ring.has_data_keys):
            return self._read_first()
        now = monotonic()
        if now < self._due_at:
            return ring
        return self._renewed(ring, now)

    def reread(self) -> Keyring:
        """Read at once for what the last reading lacks; where one did so lately, give the last one.

        Raises: HsmUnavailable, also when the last attempt failed lately; what the database raises. The last reading
                stays in use then.
        """
        lock = self._acquired()
        try:
            now = monotonic()
            if self._ring is not None and now < self._missed_at + min(PAUSE_SECONDS, settings.KEYRING_SECONDS):
                if self._is_missed_in_vain:
                    raise HsmUnavailable("The keys could not be read anew a moment ago.")
                return self._ring
            self._missed_at, self._is_missed_in_vain = now, True
            ring = self._read_now()
            self._is_missed_in_vain = False
            return ring
        finally:
            lock.release()

    def renew(self) -> None:
        """Have it read anew on its next use, with the open keys kept."""
        self._due_at = self._too_old_at = 0.0

    def forget(self) -> None:
        """Have it read anew on its next use, with every key opened anew."""
        self._ring = None
        self._missed_at = -math.inf

    def after_fork_in_child(self) -> None:
        """Keep what was read; a lock that another thread of the parent held would never be given back."""
        self._lock = threading.Lock()

    def _read_first(self) -> Keyring:
        lock = self._acquired()
        try:
            ring = self._ring
            if ring is None or not ring.has_data_keys:  # another thread may have read it meanwhile
                ring = self._read_now()
            return ring
        finally:
            lock.release()

    def _renewed(self, ring: Keyring, now: float) -> Keyring:
        lock = self._lock
        is_too_old = now >= self._too_old_at
        if not lock.acquire(timeout=self._wait_seconds if is_too_old else 0):
            return ring  # another thread is at it
        try:
            last = self._ring or ring
            if last is not ring or monotonic() < self._due_at:  # another thread has read it, or tried to, meanwhile
                return last
            return self._read_now()
        except (HsmUnavailable, DatabaseError, InterfaceError):
            # Without the database nothing is stored, and without the module nothing new is opened: what is known
            # here still holds. Soon again, so that one failed reading does not make it older than ceremonies count on.
            log.warning("The keys could not be read anew; what is known stays in use.", exc_info=True)
            self._due_at = now + settings.KEYRING_SECONDS / RETRIES
            return ring
        finally:
            lock.release()

    def _read_now(self) -> Keyring:
        began = monotonic()
        ring = self._ring = self._read()
        self._due_at = began + settings.KEYRING_SECONDS
        self._too_old_at = began + 2 * settings.KEYRING_SECONDS
        return ring

    def _acquired(self) -> threading.Lock:
        lock = self._lock  # the one taken is the one given back: a child of a fork gets another
        if not lock.acquire(timeout=self._wait_seconds):
            raise HsmUnavailable("The keys are not read in time.")
        return lock


def keyring() -> Keyring:
    """Give this process's keyring, read on first use and when it is due.

    Raises: HsmUnavailable when it cannot be read for the first time, or no data key can be opened.
    """
    return _holder.ring()


def looked_up(look: Callable[[Keyring], Found]) -> Found:
    """Look something up, and once more in a fresh reading where its version is not known or its key is not open.

    Raises: UnknownVersion; HsmUnavailable.
    """
    try:
        return look(keyring())
    except (UnknownVersion, KeyClosed):
        return look(_holder.reread())


def renew_keyring() -> None:
    """Have the versions read anew on the next use; what is open stays open."""
    _holder.renew()


def forget_keyring() -> None:
    """Have the keyring read anew on its next use."""
    _holder.forget()


class _Genuine:
    """Leaves a row out that the module did not vouch for, and says so once; the others are of use without it."""

    def __init__(self, vouchers: Vouchers, last: dict[str, ClosedKey]) -> None:
        self._vouchers = vouchers
        self._last = last
        self.closed: dict[str, ClosedKey] = {}

    def __call__(self, row: KeyVersion | DataKey) -> bool:
        if self._vouchers.hold_for(row):
            return True
        label = name_of(row)
        self.closed[label] = ClosedKey(label, KeyState(row.state), is_broken=True)
        if label not in self._last:
            log.critical("The row of %s was changed: it is not used (manage.py hsm verify).", label)
        return False


def _read() -> Keyring:
    last = _holder.last
    known = Opened() if last is None else last.opened
    vouchers = Vouchers(known.vouched)
    genuine = _Genuine(vouchers, known.closed)
    with transaction.atomic():  # a savepoint where one is open: a failed reading must not spoil the caller's
        found = readable_versions(genuine)
        data_keys = readable_data_keys(genuine)
    private = [(name, pair) for name in SIGNING for pair in found[name] if pair.state in READABLE]
    opened = opened_keys(data_keys, private, last=known)
    return Keyring(
        {name: {known.version: known for known in versions} for name, versions in found.items()},
        opened.data_keys,
        opened.private_keys,
        opened.closed | genuine.closed,
        vouchers.seen,
    )


_holder: Final = Holder(_read)
os.register_at_fork(after_in_child=_holder.after_fork_in_child)
