"""One-time-code seeds: wrapped in the database, in the clear inside the module only (architecture §5)."""

from collections.abc import Sequence

from hsm.keyring import keyring, looked_up
from hsm.rules import key_label, split_version, versioned
from hsm.states import KeyName
from hsm.token import operations, rewrapping
from hsm.token.operations import SEED_BYTES


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
