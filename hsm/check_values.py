"""By what people tell that two of them speak of the same key: a short value that says nothing of the key itself."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from hsm.keyring import keyring
from hsm.orders import fingerprint
from hsm.rules import key_label
from hsm.signing import public_key
from hsm.states import DATA_KEY, SECRET_KIND_OF, KeyKind, KeyName
from hsm.token import operations

CHECK_BYTES: Final = 4
_TEXT: Final = b"mitid key check value"
# Not the block of zeros that is usual: under it AES gives the key that GCM authenticates with (SP 800-38D §6.4).
_BLOCK: Final = sha256(_TEXT).digest()[:16]
_SEED: Final = sha256(_TEXT).digest()[:20]

_BY_KIND: Final[dict[KeyKind, Callable[[str], bytes]]] = {
    KeyKind.AES_256: lambda label: operations.encrypt_block(label, _BLOCK),
    KeyKind.AES_256_WRAP: lambda label: operations.wrap_seed(label, _SEED),  # RFC 5649 gives the same each time
    KeyKind.HMAC_SHA256: lambda label: operations.hmac_sha256(label, _TEXT),
}


def check_value(name: str, version: int) -> str:
    """Give the check value of a secret key, or the fingerprint of a pair's public half.

    Raises: HsmUnavailable; UnknownVersion.
    """
    if name == DATA_KEY:
        return _short(hmac.digest(keyring().data_key(version).log, _TEXT, sha256))
    key = KeyName(name)
    if key in SECRET_KIND_OF:
        return _short(_BY_KIND[SECRET_KIND_OF[key]](key_label(key, version)))
    return fingerprint(public_key(key, version=version).der)


def _short(value: bytes) -> str:
    return sha256(value).hexdigest()[: 2 * CHECK_BYTES]
