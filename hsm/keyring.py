"""What this process knows of the keys: their versions, and the data keys in the clear.

Read once a process. A value made with a version that is not known here makes it read again, once, so that a
key added elsewhere is picked up without a restart (KEY-3).
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import pkcs11
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hsm.errors import HsmUnavailable
from hsm.queries import KnownDataKey, KnownVersion, readable_data_keys, readable_versions
from hsm.rules import context, key_label
from hsm.states import KeyName, KeyState
from hsm.token import operations
from hsm.token.connection import WAIT_FOR_SESSION_SECONDS

Found = TypeVar("Found")


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

    def active(self, name: KeyName) -> int:
        """Give the version that protects new values.

        Raises: HsmUnavailable when there is none.
        """
        for known in self.versions[name].values():
            if known.state is KeyState.ACTIVE:
                return known.version
        raise HsmUnavailable("A key has no active version; hsm_provision makes the keys.")

    def active_data_key(self) -> OpenDataKey:
        """Give the data key that seals new values.

        Raises: HsmUnavailable when there is none.
        """
        for key in self.data_keys.values():
            if key.state is KeyState.ACTIVE:
                return key
        raise HsmUnavailable("No data key is active; hsm_provision makes the keys.")

    def known(self, name: KeyName, version: int) -> KnownVersion:
        """Give a readable version of a key.

        Raises: UnknownVersion.
        """
        try:
            return self.versions[name][version]
        except KeyError as error:
            raise UnknownVersion(name, version) from error

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

    def __init__(self, read: Callable[[], Keyring], *, wait_seconds: float = WAIT_FOR_SESSION_SECONDS) -> None:
        """Start with nothing read."""
        self._read = read
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._ring: Keyring | None = None

    def ring(self) -> Keyring:
        """Give the keyring, read by one thread while the others wait, no longer than for the module itself.

        Raises: HsmUnavailable when it cannot be read, or the thread that reads it hangs.
        """
        ring = self._ring
        if ring is not None and ring.data_keys:  # one without keys was read before they were made
            return ring
        lock = self._lock  # the one taken is the one given back: a child of a fork gets another
        if not lock.acquire(timeout=self._wait_seconds):
            raise HsmUnavailable("The keys are not read in time.")
        try:
            ring = self._ring
            if ring is None or not ring.data_keys:  # another thread may have read it meanwhile
                ring = self._ring = self._read()
            return ring
        finally:
            lock.release()

    def forget(self) -> None:
        """Have it read anew on its next use."""
        self._ring = None

    def after_fork_in_child(self) -> None:
        """Keep what was read; a lock that another thread of the parent held would never be given back."""
        self._lock = threading.Lock()


def keyring() -> Keyring:
    """Give this process's keyring, read on first use.

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
        forget_keyring()
        return look(keyring())


def forget_keyring() -> None:
    """Have the keyring read anew on its next use."""
    _holder.forget()


def data_key_context(version: int) -> bytes:
    """Encode what a wrapped data key is bound to."""
    return context("data-key", str(version))


def _read() -> Keyring:
    versions = {name: {known.version: known for known in found} for name, found in readable_versions().items()}
    return Keyring(versions, {row.version: _unwrap(row) for row in readable_data_keys()})


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
