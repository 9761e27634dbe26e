"""What an algorithm for signatures is, and the two ways of keeping its private half."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from hsm.errors import KeyBroken, SealBroken
from hsm.rules import context
from hsm.states import KeyKind
from hsm.token import keys, operations
from hsm.token.rewrapping import decrypted

SEED_BYTES: Final = 32


@dataclass(frozen=True)
class MadePair:
    """A new pair: its public half, and the private one where it does not stay in the token.

    Bytes: DER SubjectPublicKeyInfo; nonce 12, ciphertext, tag 16.
    """

    public_key: bytes
    wrapped_private: bytes | None


class SigningAlgorithm(ABC):
    """One algorithm; the label is the token's name of the version, the wrapper that of a ``data-wrap`` version."""

    name: ClassVar[str]
    """As JOSE or the standard writes it; rows and signatures carry it."""
    is_post_quantum: ClassVar[bool] = False
    is_in_token: ClassVar[bool]
    """Whether the module holds the private half."""

    @abstractmethod
    def make(self, label: str, *, wrapper: str) -> MadePair:
        """Have a new pair under a label. Raises: KeyIsThere."""

    @abstractmethod
    def opened(self, label: str, wrapped_private: bytes | None, *, wrapper: str | None) -> Any:
        """Give what ``sign`` is to use, once a process: a key in memory, or ``None`` where the module signs."""

    @abstractmethod
    def sign(self, label: str, opened: Any, message: bytes) -> bytes:
        """Sign a message."""

    @abstractmethod
    def verify(self, public_key: bytes, message: bytes, value: bytes) -> bool:
        """Tell whether a value is a signature of the message; whatever is malformed is none."""

    @abstractmethod
    def is_held(self, label: str) -> bool:
        """Tell whether the token holds anything of a label."""

    @abstractmethod
    def erase(self, label: str) -> None:
        """Have nothing of a label in the token; harmless when there is nothing."""


class ModuleAlgorithm(SigningAlgorithm):
    """The private half never leaves the module."""

    is_in_token: ClassVar[bool] = True
    kind: ClassVar[KeyKind]

    def make(self, label: str, *, wrapper: str) -> MadePair:  # noqa: ARG002 - nothing leaves the module
        """Have a pair in the token."""
        return MadePair(keys.make_pair(label, self.kind), None)

    def opened(self, label: str, wrapped_private: bytes | None, *, wrapper: str | None) -> None:
        """Nothing: the module signs."""

    def is_held(self, label: str) -> bool:
        """Tell whether the token holds the private half."""
        return keys.is_present(label, self.kind)

    def erase(self, label: str) -> None:
        """Have neither half in the token."""
        keys.erase(label, self.kind)


class SoftwareAlgorithm(SigningAlgorithm):
    """For what the module lacks: a seed drawn by its generator and encrypted by it, in memory once a process.

    KEY-1 holds for what is stored: outside the process the seed lies under ``data-wrap`` only, bound to the key's
    name and version.
    """

    is_in_token: ClassVar[bool] = False

    def make(self, label: str, *, wrapper: str) -> MadePair:
        """Draw a seed, derive the public half, and wrap the seed."""
        seed = operations.random_bytes(SEED_BYTES)
        wrapped = operations.encrypt(wrapper, seed, context=self._context(label))
        return MadePair(self.public_key_of(self.private_key(seed)), wrapped)

    def opened(self, label: str, wrapped_private: bytes | None, *, wrapper: str | None) -> Any:
        """Unwrap the seed and give the private key.

        Raises: KeyBroken; HsmUnavailable.
        """
        if wrapped_private is None or wrapper is None:
            raise KeyBroken("A key that is kept wrapped has lost its wrapped half.")
        return self.private_key(unwrapped_private(label, self.name, wrapped_private, wrapper=wrapper))

    def is_held(self, label: str) -> bool:  # noqa: ARG002 - whatever the label
        """Nothing of it is in the token."""
        return False

    def erase(self, label: str) -> None:
        """Nothing of it is in the token."""

    @abstractmethod
    def private_key(self, seed: bytes) -> Any:
        """Expand a seed of 32 bytes."""

    @abstractmethod
    def public_key_of(self, private_key: Any) -> bytes:
        """Give the public half, as DER SubjectPublicKeyInfo."""

    def _context(self, label: str) -> bytes:
        return private_context(label, self.name)


def private_context(label: str, algorithm: str) -> bytes:
    """Encode what a wrapped private half is bound to: the key's name and version, and its algorithm."""
    return context("private-half", algorithm.lower()) + label.encode()


def unwrapped_private(label: str, algorithm: str, wrapped: bytes, *, wrapper: str) -> bytes:
    """Open a wrapped private half inside the module.

    Raises: KeyBroken when it was changed, or the module's key is not the one that wrapped it; HsmUnavailable.
    """
    try:
        return decrypted(wrapper, wrapped, context=private_context(label, algorithm))
    except SealBroken as error:
        raise KeyBroken("A wrapped private key does not open.") from error


def loaded_public_key(der: bytes, kind: type[Any]) -> Any | None:
    """Read a public key; ``None`` when it is none of this kind."""
    try:
        public_key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return public_key if isinstance(public_key, kind) else None
