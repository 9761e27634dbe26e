"""Keyed hashes inside the module: blind indexes, verifiers of secrets, the pepper of passwords."""

import hmac
from base64 import b64encode
from uuid import UUID

from hsm.keyring import keyring, looked_up
from hsm.rules import key_label, mac_message, split_version, versioned
from hsm.states import KeyName
from hsm.token import operations


def blind_index(value: str, *, purpose: str) -> bytes:
    """Give what an equality look-up of a sealed value is stored under; the caller has normalised the value.

    Raises: HsmUnavailable.
    Bytes:  34: key version 2, HMAC-SHA256 32.
    """
    version = keyring().active(KeyName.LOOKUP)
    return _lookup(version, mac_message("lookup", purpose, value))


def blind_index_candidates(value: str, *, purpose: str) -> list[bytes]:
    """Give the index under every readable version, for a look-up with ``__in``; the newest first.

    Raises: HsmUnavailable.
    """
    message = mac_message("lookup", purpose, value)
    return [_lookup(version, message) for version in keyring().versions[KeyName.LOOKUP]]


def blind_index_matches(value: str, stored: bytes | memoryview, *, purpose: str) -> bool:
    """Tell in constant time whether a stored index is the value's, under the version that made it.

    Raises: HsmUnavailable; ValueError or UnknownVersion when ``stored`` is no index of ours.
    """
    version, _ = split_version(bytes(stored))
    looked_up(lambda ring: ring.known(KeyName.LOOKUP, version))
    return hmac.compare_digest(_lookup(version, mac_message("lookup", purpose, value)), bytes(stored))


def blind_index_lock_key(value: str, *, purpose: str) -> int:
    """Give the number of the advisory lock under which a value's index is looked for and then written.

    While two versions are readable one value has two indexes, and no unique constraint sees that they are one: it
    takes a lock that is the same in a process that writes with the old version and in one that writes with the
    new. Both have the oldest readable version; the lock's number gives away no index.

    Raises: HsmUnavailable.
    Bytes:  the first 8 of an HMAC-SHA256, as PostgreSQL's signed bigint.
    """
    ring = keyring()
    oldest = min(ring.versions[KeyName.LOOKUP], default=ring.active(KeyName.LOOKUP))
    message = mac_message("lookup-lock", purpose, value)
    mac = operations.hmac_sha256(key_label(KeyName.LOOKUP, oldest), message)
    return int.from_bytes(mac[:8], "big", signed=True)


def verifier(secret: str, *, purpose: str, bound_to: UUID) -> bytes:
    """Give what a secret is checked against, of use for this purpose and row only.

    Raises: HsmUnavailable.
    Bytes:  34: key version 2, HMAC-SHA256 32.
    """
    version = keyring().active(KeyName.VERIFIER)
    return versioned(version, _mac(version, mac_message("verifier", purpose, secret, bound_to)))


def verifier_matches(secret: str, stored: bytes | memoryview, *, purpose: str, bound_to: UUID) -> bool:
    """Tell in constant time whether a secret is the one a verifier was made of.

    Raises: HsmUnavailable; ValueError or UnknownVersion when ``stored`` is no verifier of ours.
    """
    version, wanted = split_version(bytes(stored))
    looked_up(lambda ring: ring.known(KeyName.VERIFIER, version))
    found = _mac(version, mac_message("verifier", purpose, secret, bound_to))
    return hmac.compare_digest(found, wanted)


def pepper(secret: str, version: int | None = None) -> tuple[int, str]:
    """Key a password before it is hashed slowly, with the active version unless told.

    Returns: the key's version and the keyed hash, base64 of 32 bytes.
    Raises:  HsmUnavailable; UnknownVersion.
    """
    wanted = keyring().active(KeyName.VERIFIER) if version is None else version
    looked_up(lambda ring: ring.known(KeyName.VERIFIER, wanted))
    return wanted, b64encode(_mac(wanted, mac_message("pepper", "password", secret))).decode()


def active_pepper() -> int:
    """Give the version that peppers new passwords; one made with another is hashed anew at the next log-in.

    Raises: HsmUnavailable.
    """
    return keyring().active(KeyName.VERIFIER)


def _lookup(version: int, message: bytes) -> bytes:
    return versioned(version, operations.hmac_sha256(key_label(KeyName.LOOKUP, version), message))


def _mac(version: int, message: bytes) -> bytes:
    return operations.hmac_sha256(key_label(KeyName.VERIFIER, version), message)
