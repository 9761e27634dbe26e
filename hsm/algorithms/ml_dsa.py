"""ML-DSA-65, which modules in the field lack yet: its seed is wrapped by the module."""

from typing import ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.algorithms.base import SoftwareAlgorithm, loaded_public_key


class MlDsa65(SoftwareAlgorithm):
    """FIPS 204, hedged, with an empty context; the seed is the ξ of its algorithm 1.

    Bytes: 3,309.
    """

    name: ClassVar[str] = "ML-DSA-65"
    is_post_quantum: ClassVar[bool] = True

    def private_key(self, seed: bytes) -> MLDSA65PrivateKey:
        """Expand the seed."""
        return MLDSA65PrivateKey.from_seed_bytes(seed)

    def public_key_of(self, private_key: MLDSA65PrivateKey) -> bytes:
        """Give the public half, as RFC 9881 writes it."""
        return private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, label: str, opened: MLDSA65PrivateKey, message: bytes) -> bytes:  # noqa: ARG002 - in memory
        """Sign a message in this process."""
        return opened.sign(message)

    def verify(self, public_key: bytes, message: bytes, value: bytes) -> bool:
        """Verify without the module."""
        key = loaded_public_key(public_key, MLDSA65PublicKey)
        if key is None:
            return False
        try:
            key.verify(value, message)
        except InvalidSignature:
            return False
        return True
