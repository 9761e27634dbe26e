"""Signatures with the module's key pairs; verified outside it, with the public halves."""

from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.keyring import UnknownVersion, keyring, looked_up
from hsm.rules import key_label
from hsm.states import SIGNING, KeyName
from hsm.token import operations

HALF_BYTES = 32


@dataclass(frozen=True)
class Signature:
    """An ECDSA signature over P-256 and SHA-256, as JWS writes it (RFC 7518 §3.4).

    Bytes: r and s, big-endian, 32 each.
    """

    version: int
    value: bytes


@dataclass(frozen=True)
class PublicKey:
    """The public half of a version of a key.

    Bytes: DER SubjectPublicKeyInfo (RFC 5480).
    """

    version: int
    der: bytes


def sign(key: KeyName, message: bytes) -> Signature:
    """Sign a message with the active version of a key pair.

    Raises: HsmUnavailable; ValueError when the key signs nothing.
    """
    _require_pair(key)
    version = keyring().active(key)
    return Signature(version, operations.sign_digest(key_label(key, version), sha256(message).digest()))


def verify(key: KeyName, message: bytes, signature: Signature) -> bool:
    """Tell whether a readable version of the key made this signature.

    Raises: HsmUnavailable; ValueError when the key signs nothing.
    """
    _require_pair(key)
    if len(signature.value) != 2 * HALF_BYTES:
        return False
    try:
        public = public_key(key, version=signature.version)
    except UnknownVersion:
        return False
    r = int.from_bytes(signature.value[:HALF_BYTES], "big")
    s = int.from_bytes(signature.value[HALF_BYTES:], "big")
    curve_point = cast("EllipticCurvePublicKey", load_der_public_key(public.der))
    try:
        curve_point.verify(encode_dss_signature(r, s), sha256(message).digest(), ECDSA(Prehashed(SHA256())))
    except InvalidSignature:
        return False
    return True


def public_key(key: KeyName, *, version: int | None = None) -> PublicKey:
    """Give the public half of a version of a key pair, the active one unless told.

    Raises: UnknownVersion; HsmUnavailable; ValueError when the key signs nothing.
    """
    _require_pair(key)
    wanted = keyring().active(key) if version is None else version
    known = looked_up(lambda ring: ring.known(key, wanted))
    if known.public_key is None:
        raise UnknownVersion(key, wanted)
    return PublicKey(known.version, known.public_key)


def _require_pair(key: KeyName) -> None:
    if key not in SIGNING:
        raise ValueError("This key is no key pair.")
