"""Keys that lie wrapped in the database, opened for use in this process.

One that does not open takes no other with it: what was made with it is refused, the rest works on. Who can write to
the database could else stop every process with one changed byte.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hsm.algorithms import UnknownAlgorithm, algorithm
from hsm.errors import HsmUnavailable, KeyBroken, KeyClosed, SealBroken
from hsm.queries import KnownDataKey, KnownVersion
from hsm.rules import context, key_label
from hsm.states import DATA_KEY, KeyName, KeyState
from hsm.token.rewrapping import decrypted
from hsm.vouching import Vouched

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class OpenDataKey:
    """A data key in the clear, as the two keys that are derived from it."""

    version: int
    state: KeyState
    columns: AESGCM
    log: bytes


@dataclass(frozen=True)
class ClosedKey:
    """A readable key that did not open."""

    label: str
    state: KeyState
    is_broken: bool

    def error(self) -> KeyClosed:
        """Give what is raised where it is needed."""
        if self.is_broken:
            return KeyBroken(f"{self.label} does not open: it was changed, or the module has another data-wrap key.")
        return KeyClosed(f"{self.label} could not be opened.")


@dataclass(frozen=True)
class Opened:
    """What opened and what did not, the latter by label; and the rows that the module vouched for."""

    data_keys: dict[int, OpenDataKey] = field(default_factory=dict)
    private_keys: dict[tuple[KeyName, int], Any] = field(default_factory=dict)
    closed: dict[str, ClosedKey] = field(default_factory=dict)
    vouched: Vouched = frozenset()


def opened_keys(data_keys: list[KnownDataKey], private: list[tuple[KeyName, KnownVersion]], *, last: Opened) -> Opened:
    """Open every wrapped key that is not open already, and tell operators of one that is newly broken.

    Raises: HsmUnavailable when no data key opens, and not because each is broken: the module is away.
    """
    opened = Opened()
    away: HsmUnavailable | None = None
    for row in data_keys:
        kept = last.data_keys.get(row.version)
        if kept is not None:
            opened.data_keys[row.version] = replace(kept, state=row.state)
            continue
        label = key_label(DATA_KEY, row.version)
        try:
            opened.data_keys[row.version] = _data_key(row)
        except HsmUnavailable as error:
            _note(opened, ClosedKey(label, row.state, isinstance(error, KeyBroken)), last)
            away = away if isinstance(error, KeyBroken) else error
    if away is not None and not opened.data_keys:
        raise away
    for name, known in private:
        place, label = (name, known.version), key_label(name, known.version)
        if place in last.private_keys:
            opened.private_keys[place] = last.private_keys[place]
            continue
        try:
            opened.private_keys[place] = _private_key(label, known)
        except HsmUnavailable as error:
            _note(opened, ClosedKey(label, known.state, isinstance(error, KeyBroken)), last)
    return opened


def data_key_context(version: int) -> bytes:
    """Encode what a wrapped data key is bound to."""
    return context("data-key", str(version))


def _note(opened: Opened, closed: ClosedKey, last: Opened) -> None:
    opened.closed[closed.label] = closed
    before = last.closed.get(closed.label)
    if before is not None and before.is_broken == closed.is_broken:
        return
    tell: Callable[..., None] = log.error if closed.is_broken else log.warning
    tell("%s", closed.error())


def _private_key(label: str, known: KnownVersion) -> Any:
    wrapper = None if known.wrapped_by_version is None else key_label(KeyName.DATA_WRAP, known.wrapped_by_version)
    try:
        return algorithm(known.algorithm).opened(label, known.wrapped_private, wrapper=wrapper)
    except UnknownAlgorithm:  # of a newer release of this program, which may be running beside this one
        log.warning("The algorithm %s is unknown here.", known.algorithm)
        return None


def _data_key(row: KnownDataKey) -> OpenDataKey:
    wrapper = key_label(KeyName.DATA_WRAP, row.wrapped_by_version)
    try:
        key = decrypted(wrapper, row.wrapped, context=data_key_context(row.version))
    except SealBroken as error:
        raise KeyBroken("A wrapped data key does not open.") from error
    return OpenDataKey(row.version, row.state, AESGCM(_derived(key, b"columns")), _derived(key, b"log"))


def _derived(key: bytes, use: bytes) -> bytes:
    # One key, one algorithm, one use: AES-GCM of columns and HMAC of the log each have their own (RFC 5869).
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mitid data key: " + use).derive(key)
