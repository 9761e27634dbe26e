"""ECDSA over P-256 with SHA-256, inside the module."""

from hashlib import sha256
from typing import ClassVar, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from hsm.algorithms.base import ModuleAlgorithm, loaded_public_key
from hsm.states import KeyKind
from hsm.token import operations

HALF_BYTES: Final = 32


class Es256(ModuleAlgorithm):
    """RFC 7518 §3.4.

    Bytes: r and s, big-endian, 32 each.
    """

    name: ClassVar[str] = "ES256"
    kind: ClassVar[KeyKind] = KeyKind.EC_P256

    def sign(self, label: str, opened: None, message: bytes) -> bytes:  # noqa: ARG002 - the module signs
        """Sign the digest of a message."""
        return operations.sign_digest(label, sha256(message).digest())

    def verify(self, public_key: bytes, message: bytes, value: bytes) -> bool:
        """Verify outside the module."""
        point = loaded_public_key(public_key, EllipticCurvePublicKey)
        if point is None or not isinstance(point.curve, SECP256R1) or len(value) != 2 * HALF_BYTES:
            return False
        r, s = int.from_bytes(value[:HALF_BYTES], "big"), int.from_bytes(value[HALF_BYTES:], "big")
        try:
            point.verify(encode_dss_signature(r, s), sha256(message).digest(), ECDSA(Prehashed(SHA256())))
        except InvalidSignature:
            return False
        return True
