"""How protected values are written: pure encodings, no key and no module here.

Every value begins with the version of the key that made it, so that a new key is added without touching what
an older one protected (KEY-3).
"""

import re
from functools import lru_cache
from typing import Final
from uuid import UUID

VERSION_BYTES: Final = 2
NONCE_BYTES: Final = 12  # NIST SP 800-38D §8.2.2: random 96-bit nonces, at most 2^32 values a key
TAG_BYTES: Final = 16
MAC_BYTES: Final = VERSION_BYTES + 32
SEAL_FORMAT: Final = 1
SEAL_OVERHEAD_BYTES: Final = 1 + VERSION_BYTES + NONCE_BYTES + TAG_BYTES

_PURPOSE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def versioned(version: int, value: bytes) -> bytes:
    """Put a key's version before a value.

    Bytes: 2, big-endian; then ``value``.
    """
    return version.to_bytes(VERSION_BYTES, "big") + value


def split_version(stored: bytes) -> tuple[int, bytes]:
    """Take a value apart into the version of its key and the rest.

    Raises: ValueError when it is too short to hold both.
    """
    if len(stored) <= VERSION_BYTES:
        raise ValueError("A protected value is longer than its version.")
    return int.from_bytes(stored[:VERSION_BYTES], "big"), stored[VERSION_BYTES:]


def context(domain: str, purpose: str, bound_to: UUID | None = None) -> bytes:
    """Encode what a value is for, so that two different uses never give the same bytes.

    Bytes:  each part behind its length; a missing ``bound_to`` has length zero.
    Raises: ValueError when the purpose is not a short lower-case code.
    """
    return _use(domain, purpose) + _part(b"" if bound_to is None else bound_to.bytes)


@lru_cache(maxsize=256)  # a use is asked for at every log-in, and there are few
def _use(domain: str, purpose: str) -> bytes:
    if _PURPOSE.fullmatch(purpose) is None:
        raise ValueError("A purpose is a short lower-case code.")
    return _part(domain.encode()) + _part(purpose.encode())


def _part(value: bytes) -> bytes:
    return bytes([len(value)]) + value


def mac_message(domain: str, purpose: str, value: str, bound_to: UUID | None = None) -> bytes:
    """Encode what is run through a keyed hash: the context, which tells its own length, then the value."""
    return context(domain, purpose, bound_to) + value.encode()


def seal_header(version: int) -> bytes:
    """Begin a sealed value.

    Bytes: format 1, key version 2.
    """
    return bytes([SEAL_FORMAT]) + version.to_bytes(VERSION_BYTES, "big")


def split_seal(sealed: bytes) -> tuple[int, bytes, bytes]:
    """Take a sealed value apart into key version, nonce and ciphertext with its tag.

    Raises: ValueError when it cannot be one.
    """
    if len(sealed) < SEAL_OVERHEAD_BYTES or sealed[0] != SEAL_FORMAT:
        raise ValueError("Not a sealed value.")
    start = 1 + VERSION_BYTES
    version = int.from_bytes(sealed[1:start], "big")
    return version, sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]


def seal_context(header: bytes, purpose: str, bound_to: UUID) -> bytes:
    """Encode the associated data of a sealed value: its header, its purpose and the row it belongs to."""
    return header + context("seal", purpose, bound_to)


def key_label(name: str, version: int) -> str:
    """Name a version of a key as the token knows it."""
    return f"{name}.{version}"
