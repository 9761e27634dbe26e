"""Verifying signatures with a public key out of a file: no module, no database, no Django."""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

HALF_BYTES: Final = 32


def _es256(der: bytes, message: bytes, value: bytes) -> bool:
    key = load_der_public_key(der)  # RFC 7518 §3.4: r and s, big-endian
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        return False
    if len(value) != 2 * HALF_BYTES:
        return False
    r, s = int.from_bytes(value[:HALF_BYTES], "big"), int.from_bytes(value[HALF_BYTES:], "big")
    key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
    return True


def _ed25519(der: bytes, message: bytes, value: bytes) -> bool:
    key = load_der_public_key(der)
    if not isinstance(key, Ed25519PublicKey):
        return False
    key.verify(value, message)
    return True


def _ml_dsa_65(der: bytes, message: bytes, value: bytes) -> bool:
    key = load_der_public_key(der)
    if not isinstance(key, MLDSA65PublicKey):
        return False
    key.verify(value, message)
    return True


_VERIFIERS: Final[dict[str, Callable[[bytes, bytes, bytes], bool]]] = {
    "ES256": _es256,
    "Ed25519": _ed25519,
    "ML-DSA-65": _ml_dsa_65,
}


def is_genuine(algorithm: str, der: bytes, message: bytes, value: bytes) -> bool:
    """Tell whether a value is the signature of a message; an unknown algorithm's or a malformed one is none."""
    verifier = _VERIFIERS.get(algorithm)
    if verifier is None:
        return False
    try:
        return verifier(der, message, value)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
