"""What this process knows of the keys: their versions, and the data keys in the clear.

Read on first use, and anew once the reading is older than ``settings.KEYRING_SECONDS``: by one thread, while the
others go on with what is known; keys that are open stay open. A reading of twice that age is used by nobody as long
as a newer one is to be had, and the ceremonies count on it: what was published longer than that ago, every process
knows (KEY-3, docs/decisions/0077). A value made with a version that is not known here makes it read at once.
"""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Final, TypeVar

import pkcs11
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction

from hsm.algorithms import UnknownAlgorithm, algorithm
from hsm.errors import HsmUnavailable
from hsm.queries import KnownDataKey, KnownVersion, readable_data_keys, readable_versions
from hsm.rules import context, key_label
from hsm.states import READABLE, SIGNING, KeyName, KeyState
from hsm.token import operations

WAIT_SECONDS: Final = 5.0  # for the thread that reads first
RETRIES: Final = 4  # of a failed reading, before the last one is too old

Found = TypeVar("Found")

log = logging.getLogger(__name__)


class UnknownVersion(LookupError):  # noqa: N818 - named like its siblings in hsm.errors
    """No readable key has this version."""

    def __init__(self, name: str, version: int) -> None:
        """Name the key and the version that it does not have."""
        super().__init__(f"{name} {version}")


@dataclass(frozen=True)
class OpenDataKey:
    """A data key in the clear, as the two keys that are derived from it."""

    version: int
    state: KeyState
    columns: AESGCM
    log: bytes


@dataclass(frozen=True)
class Keyring:
    """The readable versions, as of one reading."""

    versions: dict[KeyName, dict[int, KnownVersion]]
    data_keys: dict[int, OpenDataKey]
    private_keys: dict[tuple[KeyName, int], Any] = field(default_factory=dict, repr=False)
    """Of pairs whose algorithm the module lacks."""

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

        Raises: HsmUnavailable when there is none.
        """
        for key in self.data_keys.values():
            if key.state is KeyState.ACTIVE:
                return key
        raise HsmUnavailable("No data key is active; the founding makes the keys (hsm found, hsm_provision).")

    def log_data_key(self) -> OpenDataKey:
        """Give the data key that the log's rows are keyed with: the active one, or else the newest.

        While an emergency leaves no data key active, the ceremonies that end it are logged (docs/decisions/0077).

        Raises: HsmUnavailable when there is none at all.
        """
        keys = self.data_keys.values()
        found = max(keys, key=lambda key: (key.state is KeyState.ACTIVE, key.version), default=None)
        if found is None:
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

        Raises: HsmUnavailable when it is kept wrapped and could not be opened.
        """
        try:
            return self.private_keys[name, version]
        except KeyError as error:
            raise HsmUnavailable("A private key that is kept wrapped is not open in this process.") from error

    def data_key(self, version: int) -> OpenDataKey:
        """Give a readable data key.

        Raises: UnknownVersion.
        """
        try:
            return self.data_keys[version]
        except KeyError as error:
            raise UnknownVersion("data-key", version) from error


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

    @property
    def last(self) -> Keyring | None:
        """The last reading, whatever its age."""
        return self._ring

    def ring(self) -> Keyring:
        """Give the keyring; the first reading, and one that nobody made in time, is waited for.

        Raises: HsmUnavailable when it cannot be read for the first time, or the thread that reads it hangs.
        """
        ring = self._ring
        if ring is None or not ring.data_keys:  # one without keys was read before they were made
            return self._read_first()
        now = monotonic()
        if now < self._due_at:
            return ring
        return self._renewed(ring, now)

    def reread(self) -> Keyring:
        """Read at once, whatever the age.

        Raises: HsmUnavailable; what the database raises. The last reading stays in use then.
        """
        lock = self._acquired()
        try:
            return self._read_now()
        finally:
            lock.release()

    def renew(self) -> None:
        """Have it read anew on its next use, with the open keys kept."""
        self._due_at = self._too_old_at = 0.0

    def forget(self) -> None:
        """Have it read anew on its next use, with every key opened anew."""
        self._ring = None

    def after_fork_in_child(self) -> None:
        """Keep what was read; a lock that another thread of the parent held would never be given back."""
        self._lock = threading.Lock()

    def _read_first(self) -> Keyring:
        lock = self._acquired()
        try:
            ring = self._ring
            if ring is None or not ring.data_keys:  # another thread may have read it meanwhile
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

    Raises: HsmUnavailable when a data key cannot be unwrapped.
    """
    return _holder.ring()


def looked_up(look: Callable[[Keyring], Found]) -> Found:
    """Look something up, and once more in a fresh reading where its version is not known.

    Raises: UnknownVersion; HsmUnavailable.
    """
    try:
        return look(keyring())
    except UnknownVersion:
        return look(_holder.reread())


def renew_keyring() -> None:
    """Have the versions read anew on the next use; what is open stays open."""
    _holder.renew()


def forget_keyring() -> None:
    """Have the keyring read anew on its next use."""
    _holder.forget()


def data_key_context(version: int) -> bytes:
    """Encode what a wrapped data key is bound to."""
    return context("data-key", str(version))


def _read() -> Keyring:
    with transaction.atomic():  # a savepoint where one is open: a failed reading must not spoil the caller's
        found = readable_versions()
        data_keys = readable_data_keys()
    last = _holder.last
    private = [(name, known) for name in SIGNING for known in found[name] if known.state in READABLE]
    if last is None or not last.data_keys:
        opened = {row.version: _unwrap(row) for row in data_keys}
        signers = {(name, known.version): _opened(name, known) for name, known in private}
    else:
        opened, signers = _opened_since(last, data_keys, private)
    return Keyring(
        {name: {known.version: known for known in versions} for name, versions in found.items()}, opened, signers
    )


def _opened_since(
    last: Keyring, data_keys: list[KnownDataKey], private: list[tuple[KeyName, KnownVersion]]
) -> tuple[dict[int, OpenDataKey], dict[tuple[KeyName, int], Any]]:
    # A key that cannot be opened now is opened by a later reading: the states of the others count at once.
    opened: dict[int, OpenDataKey] = {}
    signers: dict[tuple[KeyName, int], Any] = {}
    try:
        for row in data_keys:
            kept = last.data_keys.get(row.version)
            opened[row.version] = _unwrap(row) if kept is None else replace(kept, state=row.state)
        for name, known in private:
            place = (name, known.version)
            signers[place] = last.private_keys[place] if place in last.private_keys else _opened(name, known)
    except HsmUnavailable:
        log.warning("A new key could not be opened yet.", exc_info=True)
        for row in data_keys:
            if row.version in last.data_keys:
                opened.setdefault(row.version, replace(last.data_keys[row.version], state=row.state))
        signers = {**last.private_keys, **signers}
    return opened, signers


def _opened(name: KeyName, known: KnownVersion) -> Any:
    wrapper = None if known.wrapped_by_version is None else key_label(KeyName.DATA_WRAP, known.wrapped_by_version)
    try:
        return algorithm(known.algorithm).opened(key_label(name, known.version), known.wrapped_private, wrapper=wrapper)
    except UnknownAlgorithm:  # of a newer release of this program, which may be running beside this one
        log.warning("The algorithm %s is unknown here.", known.algorithm)
        return None


def _unwrap(row: KnownDataKey) -> OpenDataKey:
    label = key_label(KeyName.DATA_WRAP, row.wrapped_by_version)
    try:
        key = operations.decrypt(label, row.wrapped, context=data_key_context(row.version))
    except (pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange) as error:
        raise HsmUnavailable("The module's data-wrap key is not the one that wrapped the data keys.") from error
    return OpenDataKey(row.version, row.state, AESGCM(_derived(key, b"columns")), _derived(key, b"log"))


def _derived(key: bytes, use: bytes) -> bytes:
    # One key, one algorithm, one use: AES-GCM of columns and HMAC of the log each have their own (RFC 5869).
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mitid data key: " + use).derive(key)


_holder: Final = Holder(_read)
os.register_at_fork(after_in_child=_holder.after_fork_in_child)
