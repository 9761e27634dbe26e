"""EdDSA over Curve25519, inside the module."""

from typing import ClassVar, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hsm.algorithms.base import ModuleAlgorithm, loaded_public_key
from hsm.states import KeyKind
from hsm.token import operations

SIGNATURE_BYTES: Final = 64


class Ed25519(ModuleAlgorithm):
    """RFC 8032 §5.1, pure.

    Bytes: R and S, 32 each.
    """

    name: ClassVar[str] = "Ed25519"
    kind: ClassVar[KeyKind] = KeyKind.ED25519

    def sign(self, label: str, opened: None, message: bytes) -> bytes:  # noqa: ARG002 - the module signs
        """Sign a message."""
        return operations.sign_eddsa(label, message)

    def verify(self, public_key: bytes, message: bytes, value: bytes) -> bool:
        """Verify outside the module."""
        point = loaded_public_key(public_key, Ed25519PublicKey)
        if point is None or len(value) != SIGNATURE_BYTES:
            return False
        try:
            point.verify(value, message)
        except InvalidSignature:
            return False
        return True
