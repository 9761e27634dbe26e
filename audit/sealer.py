"""Who keys the rows and signs the seals: reached by its dotted path, as Django reaches its e-mail backend."""

from dataclasses import dataclass
from functools import cache
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class SealSignature:
    """One signature of a seal: the key's name and version, the algorithm's name, and what was made."""

    key: str
    version: int
    algorithm: str
    value: bytes


@dataclass(frozen=True)
class SealPublicKey:
    """The public half of a version of a key that signs seals.

    Bytes: DER SubjectPublicKeyInfo.
    """

    key: str
    version: int
    algorithm: str
    der: bytes


class Sealer(Protocol):
    """What ``settings.AUDIT_SEALER`` names."""

    @property
    def away(self) -> tuple[type[Exception], ...]:
        """What the other members raise while the keys cannot be reached: nothing is wrong, it is tried again."""

    def row_mac(self, message: bytes) -> bytes:
        """Give the keyed hash of a row, with the version of its key in front.

        Bytes: 34.
        """

    def row_mac_matches(self, message: bytes, mac: bytes) -> bool:
        """Tell whether a row is as it was written."""

    def seal_signatures(self, message: bytes) -> list[SealSignature]:
        """Sign a seal with every key of ``required_keys``."""

    def seal_signature_matches(self, message: bytes, signature: SealSignature) -> bool:
        """Tell whether a signature is that key's over this seal; an unknown key or version is none."""

    def required_keys(self) -> frozenset[str]:
        """Name the keys of which every seal carries a signature."""

    def public_keys(self) -> list[SealPublicKey]:
        """Give the public halves of every version that a seal may be signed by, by key and version."""


def sealer() -> Sealer:
    """Give the sealer that the settings name."""
    return _sealer(settings.AUDIT_SEALER)


@cache
def _sealer(path: str) -> Sealer:
    return cast("Sealer", import_string(path)())
