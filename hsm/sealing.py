"""Sealed columns: AES-256-GCM under a data key, bound to purpose and row (architecture §5)."""

import os
from uuid import UUID

from cryptography.exceptions import InvalidTag

from hsm.errors import SealBroken
from hsm.keyring import Keyring, UnknownVersion, looked_up
from hsm.rules import NONCE_BYTES, VERSION_BYTES, seal_context, seal_header, split_seal


def seal(plaintext: str, *, purpose: str, bound_to: UUID) -> bytes:
    """Seal a text so that it opens for this purpose and this row only.

    Rule:   KEY-3.
    Raises: HsmUnavailable when the active data key was never opened in this process and cannot be now.
    Bytes:  format 1, key version 2, nonce 12, ciphertext as long as the UTF-8, tag 16.
    """
    key = looked_up(Keyring.active_data_key)
    header = seal_header(key.version)
    nonce = os.urandom(NONCE_BYTES)
    return header + nonce + key.columns.encrypt(nonce, plaintext.encode(), seal_context(header, purpose, bound_to))


def open_sealed(sealed: bytes | memoryview, *, purpose: str, bound_to: UUID) -> str:
    """Open a sealed text.

    Raises: SealBroken when it was changed, belongs to another row or purpose, or no key opens it;
            HsmUnavailable.
    """
    value = bytes(sealed)
    try:
        version, nonce, ciphertext = split_seal(value)
        key = looked_up(lambda ring: ring.data_key(version))
        header = value[: 1 + VERSION_BYTES]
        return key.columns.decrypt(nonce, ciphertext, seal_context(header, purpose, bound_to)).decode()
    except (ValueError, UnknownVersion, InvalidTag) as error:
        raise SealBroken("A sealed value does not open.") from error
