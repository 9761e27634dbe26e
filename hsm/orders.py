"""What custodians sign: the order of a ceremony as a text that each can read before they sign it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hsm.states import Act

HEADING = "mitid key ceremony, order 1"
"""The first line: a signature of another text with the same key is none of an order."""


@dataclass(frozen=True)
class Named:
    """A custodian whom an order enrols or dismisses."""

    label: str
    public_key: bytes


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be done, with which key or custodians, when, and a nonce so that it is done once."""

    act: Act
    at: datetime
    nonce: str
    key: str | None = None
    version: int | None = None
    algorithm: str | None = None
    custodians: tuple[Named, ...] = ()
    token: str
    """The label and serial number of the installation's token: an order for another one is none."""

    @property
    def text(self) -> str:
        """The order in its one spelling: a line a field, absent ones left out."""
        fields = [
            ("act", self.act.value),
            ("key", self.key),
            ("version", self.version),
            ("algorithm", self.algorithm),
            *(("custodian", f"{named.label} {fingerprint(named.public_key)}") for named in self.custodians),
            ("token", self.token),
            ("time", self.at.astimezone(UTC).isoformat(timespec="seconds")),
            ("nonce", self.nonce),
        ]
        lines = [f"{name}: {value}" for name, value in fields if value is not None]
        return "\n".join([HEADING, *lines, ""])


@dataclass(frozen=True)
class Signed:
    """One custodian's signature of an order.

    Bytes: Ed25519, 64.
    """

    label: str
    value: bytes


@dataclass(frozen=True)
class SignedOrder:
    """An order and what two custodians put under it."""

    order: Order
    first: Signed
    second: Signed


def is_signed_by(text: str, value: bytes, public_key: bytes) -> bool:
    """Tell whether a signature of an order is that key's; whatever is malformed is none."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(value, text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public_key: bytes) -> str:
    """Give what people compare of a public key: SHA-256 in groups of four, all of it."""
    digest = sha256(public_key).hexdigest()
    return "-".join(digest[start : start + 4] for start in range(0, len(digest), 4))
