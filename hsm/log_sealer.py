"""The log's sealer, which ``audit`` reaches through ``settings.AUDIT_SEALER``."""

import hmac
from hashlib import sha256

from hsm.keyring import UnknownVersion, keyring, looked_up
from hsm.rules import MAC_BYTES, split_version, versioned


class LogSealer:
    """Keys each row of the log with a key derived from a data key (LOG-1)."""

    def row_mac(self, message: bytes) -> bytes:
        """Give the keyed hash of a row.

        Raises: HsmUnavailable when the data keys were never unwrapped in this process and cannot be now.
        Bytes:  34: data key's version 2, HMAC-SHA256 32.
        """
        key = keyring().active_data_key()
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
