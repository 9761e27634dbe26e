"""Names of the keys and the states of their versions."""

from enum import StrEnum


class KeyName(StrEnum):
    """A key of the module; what it is used for stands in architecture §6."""

    TOKEN_SIGNING = "token-signing"  # noqa: S105 - a key's name
    LOG_SEAL = "log-seal"
    DATA_WRAP = "data-wrap"
    SECRET_WRAP = "secret-wrap"  # noqa: S105 - a key's name
    LOOKUP = "lookup"
    VERIFIER = "verifier"


class KeyKind(StrEnum):
    """What a key is made as, and so what it can do."""

    EC_P256 = "ec-p256"
    AES_256 = "aes-256"
    AES_256_WRAP = "aes-256-wrap"
    HMAC_SHA256 = "hmac-sha256"


class KeyState(StrEnum):
    """Where a version of a key stands; it moves down this list only."""

    NEXT = "next"
    ACTIVE = "active"
    VERIFY_ONLY = "verify-only"
    DESTROYED = "destroyed"


KIND_OF = {
    KeyName.TOKEN_SIGNING: KeyKind.EC_P256,
    KeyName.LOG_SEAL: KeyKind.EC_P256,
    KeyName.DATA_WRAP: KeyKind.AES_256,
    KeyName.SECRET_WRAP: KeyKind.AES_256_WRAP,
    KeyName.LOOKUP: KeyKind.HMAC_SHA256,
    KeyName.VERIFIER: KeyKind.HMAC_SHA256,
}

SIGNING = frozenset({KeyName.TOKEN_SIGNING, KeyName.LOG_SEAL})

READABLE = (KeyState.ACTIVE, KeyState.NEXT, KeyState.VERIFY_ONLY)
"""States in which a version still opens and verifies what it protected."""
