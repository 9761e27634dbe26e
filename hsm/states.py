"""Names of the keys, the states of their versions, and what ceremonies do with them."""

from enum import StrEnum
from typing import Final


class KeyName(StrEnum):
    """A key of the module; what it is used for stands in architecture §6."""

    TOKEN_SIGNING = "token-signing"  # noqa: S105 - a key's name
    LOG_SEAL = "log-seal"
    LOG_SEAL_PQ = "log-seal-pq"
    """The post-quantum half of the log's seals."""
    DATA_WRAP = "data-wrap"
    SECRET_WRAP = "secret-wrap"  # noqa: S105 - a key's name
    LOOKUP = "lookup"
    VERIFIER = "verifier"


DATA_KEY: Final = "data-key"
"""What ceremonies call the keys of sealed columns, which lie wrapped in the database."""


class KeyKind(StrEnum):
    """What a key of the token is made as, and so what it can do."""

    EC_P256 = "ec-p256"
    ED25519 = "ed25519"
    AES_256 = "aes-256"
    AES_256_WRAP = "aes-256-wrap"
    HMAC_SHA256 = "hmac-sha256"


class KeyState(StrEnum):
    """Where a version of a key stands; it moves down this list only, and one never used may skip."""

    NEXT = "next"
    ACTIVE = "active"
    VERIFY_ONLY = "verify-only"
    DESTROYED = "destroyed"


class CustodianState(StrEnum):
    """Whether a custodian may sign."""

    ACTIVE = "active"
    DISMISSED = "dismissed"


class Act(StrEnum):
    """What a ceremony does."""

    FOUND = "found"
    CREATE = "create"
    ROTATE = "rotate"
    RETIRE = "retire"
    DESTROY = "destroy"
    ENROL_CUSTODIAN = "enrol-custodian"
    DISMISS_CUSTODIAN = "dismiss-custodian"


class CeremonyRefusal(StrEnum):
    """Why a ceremony does not take place."""

    NOT_FOUNDED = "not-founded"
    FOUNDED_ALREADY = "founded-already"
    SAME_CUSTODIAN = "same-custodian"
    UNKNOWN_CUSTODIAN = "unknown-custodian"
    DISMISSED_CUSTODIAN = "dismissed-custodian"
    BAD_SIGNATURE = "bad-signature"
    ORDER_OUT_OF_DATE = "order-out-of-date"
    ORDER_USED = "order-used"
    OTHER_INSTALLATION = "other-installation"
    """The order was signed for another installation."""
    ORDER_OVERTAKEN = "order-overtaken"
    """What it was drawn up for has changed since."""
    UNFIT_ALGORITHM = "unfit-algorithm"
    NEXT_IS_THERE = "next-is-there"
    NO_NEXT = "no-next"
    TOO_EARLY = "too-early"
    ROW_CHANGED = "row-changed"
    """A row of a key or a custodian says what the module did not vouch for."""
    DOES_NOT_OPEN = "does-not-open"
    """It lies wrapped in the database, and was changed there."""
    NOT_HELD = "not-held"
    """The token lacks it: one of before its making was brought back, or a copy of it is late."""
    NO_SUCH_VERSION = "no-such-version"
    NOT_ACTIVE = "not-active"
    HAS_SUCCESSOR = "has-successor"
    STILL_ACTIVE = "still-active"
    STILL_USED = "still-used"
    SESSIONS_UNSEEN = "sessions-unseen"
    """The database does not let us see whether a transaction is open that may hold a value."""
    NO_SUCH_CUSTODIAN = "no-such-custodian"
    CUSTODIAN_IS_THERE = "custodian-is-there"
    FEWER_THAN_TWO = "fewer-than-two"


ACTS_ON_A_KEY: Final = frozenset({Act.CREATE, Act.ROTATE, Act.RETIRE, Act.DESTROY})
ACTS_ON_A_CUSTODIAN: Final = frozenset({Act.ENROL_CUSTODIAN, Act.DISMISS_CUSTODIAN})

SECRET_KIND_OF: Final = {
    KeyName.DATA_WRAP: KeyKind.AES_256,
    KeyName.SECRET_WRAP: KeyKind.AES_256_WRAP,
    KeyName.LOOKUP: KeyKind.HMAC_SHA256,
    KeyName.VERIFIER: KeyKind.HMAC_SHA256,
}

SECRET_ALGORITHM: Final = {
    KeyKind.AES_256: "AES-256-GCM",
    KeyKind.AES_256_WRAP: "AES-256-KWP",
    KeyKind.HMAC_SHA256: "HMAC-SHA256",
}
"""How rows and protocols name what a secret key is used with."""

DATA_KEY_ALGORITHM: Final = "AES-256-GCM"

SIGNING: Final = frozenset({KeyName.TOKEN_SIGNING, KeyName.LOG_SEAL, KeyName.LOG_SEAL_PQ})
"""The keys that are pairs; which algorithm a version has, its row says (hsm/algorithms)."""

FIRST_ALGORITHM: Final = {
    KeyName.TOKEN_SIGNING: "ES256",
    KeyName.LOG_SEAL: "ES256",
    KeyName.LOG_SEAL_PQ: "ML-DSA-65",
    **{name: SECRET_ALGORITHM[kind] for name, kind in SECRET_KIND_OF.items()},
}

READABLE: Final = (KeyState.ACTIVE, KeyState.NEXT, KeyState.VERIFY_ONLY)
"""States in which a version still opens and verifies what it protected."""
