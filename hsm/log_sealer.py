"""The log's sealer, which ``audit`` reaches through ``settings.AUDIT_SEALER``."""

import hmac
from hashlib import sha256
from typing import Final

from audit.api import SealPublicKey, SealSignature
from hsm.errors import HsmUnavailable
from hsm.keyring import Keyring, UnknownVersion, keyring, looked_up
from hsm.rules import MAC_BYTES, split_version, versioned
from hsm.signing import Signature, sign, verify
from hsm.states import KeyName

SEAL_KEYS: Final = (KeyName.LOG_SEAL, KeyName.LOG_SEAL_PQ)
"""Whoever breaks one of the two algorithms has not forged a seal."""


class LogSealer:
    """Keys each row of the log with a key derived from a data key, and signs each seal with two pairs (LOG-1)."""

    @property
    def away(self) -> tuple[type[Exception], ...]:
        """What is raised while the keys cannot be reached."""
        return (HsmUnavailable,)

    def row_mac(self, message: bytes) -> bytes:
        """Give the keyed hash of a row.

        Raises: HsmUnavailable when the data keys were never unwrapped in this process and cannot be now.
        Bytes:  34: data key's version 2, HMAC-SHA256 32.
        """
        key = looked_up(Keyring.log_data_key)
        return versioned(key.version, hmac.digest(key.log, message, sha256))

    def row_mac_matches(self, message: bytes, mac: bytes) -> bool:
        """Tell in constant time whether a row is as it was written.

        Raises: HsmUnavailable.
        """
        if len(mac) != MAC_BYTES:
            return False
        version, wanted = split_version(mac)
        try:
            key = looked_up(lambda ring: ring.data_key(version))
        except UnknownVersion:
            return False
        return hmac.compare_digest(hmac.digest(key.log, message, sha256), wanted)

    def seal_signatures(self, message: bytes) -> list[SealSignature]:
        """Sign a seal with both pairs.

        Raises: HsmUnavailable.
        """
        return [
            SealSignature(name.value, made.version, made.algorithm, made.value)
            for name in SEAL_KEYS
            for made in [sign(name, message)]
        ]

    def seal_signature_matches(self, message: bytes, signature: SealSignature) -> bool:
        """Tell whether a signature is that key's over this seal; another key's, or an unknown version's, is none.

        Raises: HsmUnavailable.
        """
        if signature.key not in self.required_keys():
            return False
        made = Signature(signature.version, signature.value, signature.algorithm)
        return verify(KeyName(signature.key), message, made)

    def required_keys(self) -> frozenset[str]:
        """Name both pairs."""
        return frozenset(name.value for name in SEAL_KEYS)

    def public_keys(self) -> list[SealPublicKey]:
        """Give the public halves of both pairs' readable versions.

        Raises: HsmUnavailable.
        """
        versions = keyring().versions
        return [
            SealPublicKey(name.value, known.version, known.algorithm, known.public_key)
            for name in SEAL_KEYS
            for _, known in sorted(versions[name].items())
            if known.public_key is not None
        ]
