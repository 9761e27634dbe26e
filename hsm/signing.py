"""Signatures with the named pairs, by each version's algorithm; verified outside the module, with the public halves."""

from dataclasses import dataclass
from typing import Any

from hsm.algorithms import UnknownAlgorithm, algorithm
from hsm.keyring import Keyring, UnknownVersion, keyring, looked_up
from hsm.queries import KnownVersion
from hsm.rules import key_label
from hsm.states import SIGNING, KeyName


@dataclass(frozen=True)
class Signature:
    """What a version of a pair made; the algorithm says how its bytes are written (hsm/algorithms)."""

    version: int
    value: bytes
    algorithm: str


@dataclass(frozen=True)
class PublicKey:
    """The public half of a version of a key.

    Bytes: DER SubjectPublicKeyInfo (RFC 5480, RFC 8410, RFC 9881).
    """

    version: int
    der: bytes
    algorithm: str


def sign(key: KeyName, message: bytes) -> Signature:
    """Sign a message with the active version of a key pair.

    Raises: HsmUnavailable; ValueError when the key signs nothing.
    """
    _require_pair(key)

    def active(ring: Keyring) -> tuple[KnownVersion, Any]:
        known = ring.known(key, ring.active(key))
        return known, ring.private_key(key, known.version)

    known, opened = looked_up(active)
    value = algorithm(known.algorithm).sign(key_label(key, known.version), opened, message)
    return Signature(known.version, value, known.algorithm)


def verify(key: KeyName, message: bytes, signature: Signature) -> bool:
    """Tell whether a readable version of the key made this signature, with the algorithm it names.

    Raises: HsmUnavailable; ValueError when the key signs nothing.
    """
    _require_pair(key)
    try:
        public = public_key(key, version=signature.version)
        if public.algorithm != signature.algorithm:  # a key has one algorithm, whatever a signature claims
            return False
        return algorithm(public.algorithm).verify(public.der, message, signature.value)
    except (UnknownVersion, UnknownAlgorithm):
        return False


def verify_with(public: PublicKey, message: bytes, value: bytes) -> bool:
    """Tell whether a value is a signature of the message with a public half that the caller has reason to trust."""
    try:
        return algorithm(public.algorithm).verify(public.der, message, value)
    except UnknownAlgorithm:
        return False


def public_key(key: KeyName, *, version: int | None = None) -> PublicKey:
    """Give the public half of a version of a key pair, the active one unless told.

    Raises: UnknownVersion; HsmUnavailable; ValueError when the key signs nothing.
    """
    _require_pair(key)
    wanted = keyring().active(key) if version is None else version
    known = looked_up(lambda ring: ring.known(key, wanted))
    if known.public_key is None:
        raise UnknownVersion(key, wanted)
    return PublicKey(known.version, known.public_key, known.algorithm)


def _require_pair(key: KeyName) -> None:
    if key not in SIGNING:
        raise ValueError("This key is no key pair.")
