"""Enumerations of the identities app, with the transitions that its states allow."""

from enum import IntEnum
from typing import Final

from django.db.models import IntegerChoices, TextChoices


class AssuranceLevel(IntegerChoices):
    """NSIS levels, in order (LVL-1, LVL-2)."""

    LOW = 1
    SUBSTANTIAL = 2
    HIGH = 3


class IdentityState(TextChoices):
    """A blocked identity is reopened only in person (BLK-2)."""

    ACTIVE = "active"
    BLOCKED = "blocked"


class BlockSource(TextChoices):
    """Who blocked; kept apart because it decides who may undo it (BLK-3)."""

    CITIZEN = "citizen"
    ALERT_HOLDER = "alert_holder"
    SUPPORT = "support"
    RA = "ra"
    REGISTER = "register"
    FRAUD = "fraud"


class BlockReason(TextChoices):
    """Why; a code, so that it may stand in the log (LOG-2)."""

    OWN_WISH = "own_wish"
    LOST_DEVICE = "lost_device"
    SUSPECTED_MISUSE = "suspected_misuse"
    UNEXPECTED_ALERT = "unexpected_alert"
    FRAUD = "fraud"
    DEAD_OR_DISAPPEARED = "dead_or_disappeared"


# Reasons that speak of somebody else's hand: no clerk reopens alone after them (REG-10).
SUSPICIOUS: Final = (BlockReason.SUSPECTED_MISUSE, BlockReason.UNEXPECTED_ALERT, BlockReason.FRAUD)


class ContactKind(TextChoices):
    """Kinds of contact point that carry alerts (ALR-1)."""

    PHONE = "phone"
    EMAIL = "email"


class ContactState(TextChoices):
    """A replaced contact stays on record: it may still stop what it was alerted of (CHG-6)."""

    ACTIVE = "active"
    REPLACED = "replaced"


class ProofState(TextChoices):
    """Whether the holder of a new contact has shown the code sent to it (CHG-1)."""

    OPEN = "open"
    PROVEN = "proven"
    DEAD = "dead"
    USED = "used"


class AuthenticatorKind(TextChoices):
    """Kinds of authenticator (domain table 4)."""

    APP = "app"
    CODE_DISPLAY = "code_display"
    AUDIO_READER = "audio_code_reader"
    CHIP = "chip"
    PASSWORD = "password"  # noqa: S105 - a kind, not a password


CODE_DEVICES = frozenset({AuthenticatorKind.CODE_DISPLAY, AuthenticatorKind.AUDIO_READER})


class AuthenticatorState(TextChoices):
    """Suspended may come back, blocked never does (AUT-1). A pause after wrong tries (TRY-1) is a time, no state."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"


AUTHENTICATOR_TRANSITIONS: dict[AuthenticatorState, frozenset[AuthenticatorState]] = {
    AuthenticatorState.ACTIVE: frozenset({AuthenticatorState.SUSPENDED, AuthenticatorState.BLOCKED}),
    AuthenticatorState.SUSPENDED: frozenset({AuthenticatorState.ACTIVE, AuthenticatorState.BLOCKED}),
    AuthenticatorState.BLOCKED: frozenset(),
}


class DeviceState(TextChoices):
    """A device belongs to nobody until it is activated (AUT-2); blocked is for good (AUT-1)."""

    IN_STOCK = "in_stock"
    HANDED_OUT = "handed_out"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"


DEVICE_TRANSITIONS: dict[DeviceState, frozenset[DeviceState]] = {
    DeviceState.IN_STOCK: frozenset({DeviceState.HANDED_OUT, DeviceState.BLOCKED}),
    DeviceState.HANDED_OUT: frozenset({DeviceState.ACTIVE, DeviceState.BLOCKED}),
    DeviceState.ACTIVE: frozenset({DeviceState.SUSPENDED, DeviceState.BLOCKED}),
    DeviceState.SUSPENDED: frozenset({DeviceState.ACTIVE, DeviceState.BLOCKED}),
    DeviceState.BLOCKED: frozenset(),
}


class PasswordState(TextChoices):
    """A blocked password needs a new activation code (AUT-1)."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"


class AuthenticatorBlockReason(TextChoices):
    """Why one authenticator was suspended or blocked; a code, so that it may stand in the log (LOG-2)."""

    OWN_WISH = "own_wish"
    LOST_DEVICE = "lost_device"
    SUSPECTED_MISUSE = "suspected_misuse"
    REPLACED = "replaced"
    WRONG_TRIES = "wrong_tries"
    COPIED = "copied"  # a chip's counter did not rise: there are two of it


class AppPlatform(TextChoices):
    """What an app runs on: all that the citizen's list says of the phone."""

    ANDROID = "android"
    IPHONE = "iphone"
    COMPUTER = "computer"
    OTHER = "other"


class EnrolmentState(TextChoices):
    """How far the enrolment of an app has come; USED and DEAD are final (SEC-5)."""

    OPEN = "open"
    USED = "used"
    DEAD = "dead"


class CodeCarrier(TextChoices):
    """How an activation code reached its citizen; it decides how long it lives (SEC-4)."""

    PAPER = "paper"
    SCREEN = "screen"
    SMS = "sms"


class ActivationCodeState(TextChoices):
    """A used, dead or outdated code opens nothing."""

    OPEN = "open"
    USED = "used"
    DEAD = "dead"


class ChangeField(TextChoices):
    """What the double login can change."""

    PHONE = "phone"
    EMAIL = "email"
    USER_ID = "user_id"
    PASSWORD = "password"  # noqa: S105 - a field, not a password
    AUTHENTICATOR = "authenticator"  # a new one; the new value says which kind
    REOPENING = "reopening"  # of a suspended one
    APP_COPY = "app_copy"  # an app on a new phone, by way of the old one


class ChangeState(TextChoices):
    """Everything but PENDING is final."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CancelledBy(TextChoices):
    """Who stopped a pending change (CHG-6)."""

    CITIZEN = "citizen"
    SUPPORT = "support"
    ALERT_HOLDER = "alert_holder"
    BLOCK = "block"


class Guessability(IntEnum):
    """How soon a guesser finds a text: zxcvbn's score."""

    AT_ONCE = 0
    VERY_EASY = 1
    EASY = 2
    HARD = 3
    VERY_HARD = 4
