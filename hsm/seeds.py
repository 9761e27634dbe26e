"""One-time-code seeds: wrapped in the database, in the clear inside the module only (architecture §5)."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final
from uuid import UUID

from hsm.errors import SealBroken
from hsm.hashing import verifier, verifier_matches
from hsm.keyring import UnknownVersion, keyring, looked_up
from hsm.rules import key_label, split_version, versioned
from hsm.states import KeyName
from hsm.token import operations, rewrapping
from hsm.token.operations import SEED_BYTES

SEED: Final = "code-device-seed"


def new_seed() -> bytes:
    """Have the module make a seed of 160 bits.

    Raises: HsmUnavailable.
    Bytes:  key version 2, then the seed wrapped as RFC 5649 says, 32.
    """
    version = keyring().active(KeyName.SECRET_WRAP)
    return versioned(version, operations.make_seed(key_label(KeyName.SECRET_WRAP, version)))


def wrap_seed(seed: bytes) -> bytes:
    """Wrap a seed that came from outside.

    Raises: HsmUnavailable; ValueError when the seed is shorter than RFC 4226 §4 (R6) recommends or longer
            than a block of the hash.
    """
    if not SEED_BYTES <= len(seed) <= 64:
        raise ValueError("A seed has 20 to 64 bytes.")
    version = keyring().active(KeyName.SECRET_WRAP)
    return versioned(version, operations.wrap_seed(key_label(KeyName.SECRET_WRAP, version), seed))


def seed_hmac_sha1(wrapped: bytes | memoryview, messages: Sequence[bytes]) -> list[bytes]:
    """Run messages through HMAC-SHA-1 with a wrapped seed, inside the module (RFC 4226 §5.3, step 1).

    Raises: HsmUnavailable; SealBroken when it was changed; ValueError or UnknownVersion when ``wrapped`` is no
            seed of ours.
    Bytes:  20 for each message.
    """
    version, value = split_version(bytes(wrapped))
    looked_up(lambda ring: ring.known(KeyName.SECRET_WRAP, version))
    return operations.seed_hmac_sha1(key_label(KeyName.SECRET_WRAP, version), value, messages)


def seed_verifier(wrapped: bytes | memoryview, *, bound_to: UUID) -> bytes:
    """Give what tells that a wrapped seed is a row's own: the wrapping itself is bound to no row.

    Rule:   KEY-1. Who can write to the database could else put their own device's seed into another's row.
    Raises: HsmUnavailable.
    Bytes:  34: key version 2, HMAC-SHA256 32.
    """
    return verifier(_digest(wrapped), purpose=SEED, bound_to=bound_to)


def check_seed(wrapped: bytes | memoryview, stored: bytes | memoryview, *, bound_to: UUID) -> None:
    """A wrapped seed is the row's own.

    Raises: SealBroken when it is another's, or was changed; HsmUnavailable.
    """
    try:
        is_own = verifier_matches(_digest(wrapped), stored, purpose=SEED, bound_to=bound_to)
    except (ValueError, UnknownVersion) as error:
        raise SealBroken("A wrapped seed has no verifier of ours.") from error
    if not is_own:
        raise SealBroken("A wrapped seed is not its row's own.")


def _digest(wrapped: bytes | memoryview) -> str:
    return sha256(wrapped).hexdigest()


def rewrapped_seed(wrapped: bytes | memoryview) -> bytes | None:
    """Wrap a seed anew under the active version, inside the module; ``None`` where it is so wrapped already.

    Raises: HsmUnavailable; SealBroken when it was changed; ValueError or UnknownVersion when ``wrapped`` is no
            seed of ours.
    """
    version, value = split_version(bytes(wrapped))
    looked_up(lambda ring: ring.known(KeyName.SECRET_WRAP, version))
    active = keyring().active(KeyName.SECRET_WRAP)
    if version == active:
        return None
    old_label, new_label = key_label(KeyName.SECRET_WRAP, version), key_label(KeyName.SECRET_WRAP, active)
    return versioned(active, rewrapping.rewrap_seed(old_label, new_label, value))
