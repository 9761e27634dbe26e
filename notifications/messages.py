"""Every message the system sends: one frozen dataclass a kind; its fields are all that its templates may use.

None has a field for a phone number, an e-mail address or a user ID: what is not here cannot be shown (ALR-6).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from notifications.rules.fields import require, require_aware, require_code, require_digits, require_minutes
from notifications.states import MessageKind, Priority

FIELDS: Final = frozenset({"phone", "email", "user_id", "password", "authenticator", "reopening", "app_copy"})
STOPPERS: Final = frozenset({"citizen", "support", "alert", "block"})
BLOCKERS: Final = frozenset({"citizen", "support", "ra", "alert", "register", "fraud"})
AUTHENTICATORS: Final = frozenset({"app", "code_display", "audio_code_reader", "chip", "password"})
_ACT: Final = re.compile(r"[a-z][a-z_]{1,39}")  # words.py has the words; an act without is told in general terms


@dataclass(frozen=True, kw_only=True)
class Message:
    """What the kinds have in common."""

    kind: ClassVar[MessageKind]
    priority: ClassVar[Priority] = Priority.ALERT


@dataclass(frozen=True, kw_only=True)
class _AboutField(Message):
    """What says nothing but which field's change it is about."""

    field: str

    def __post_init__(self) -> None:
        require("field", self.field, FIELDS)


@dataclass(frozen=True, kw_only=True)
class _AboutAuthenticator(Message):
    """What says that something was done with an authenticator, and when."""

    authenticator: str
    at: datetime

    def __post_init__(self) -> None:
        require("authenticator", self.authenticator, AUTHENTICATORS)
        require_aware(at=self.at)


@dataclass(frozen=True, kw_only=True)
class ContactCode(Message):
    """A code to one new contact, which proves it (CHG-1)."""

    kind = MessageKind.CONTACT_CODE
    priority = Priority.CODE
    code: str
    minutes: int

    def __post_init__(self) -> None:
        require_code(self.code)
        require_minutes(self.minutes)


@dataclass(frozen=True, kw_only=True)
class IdentityIssued(Message):
    """A MitID was issued."""

    kind = MessageKind.IDENTITY_ISSUED
    at: datetime

    def __post_init__(self) -> None:
        require_aware(at=self.at)


@dataclass(frozen=True, kw_only=True)
class AuthenticatorActivated(_AboutAuthenticator):
    """An authenticator was activated."""

    kind = MessageKind.AUTHENTICATOR_ACTIVATED


@dataclass(frozen=True, kw_only=True)
class AuthenticatorBlocked(_AboutAuthenticator):
    """An authenticator was blocked, by whoever or by too many wrong tries (ALR-2, TRY-1)."""

    kind = MessageKind.AUTHENTICATOR_BLOCKED


@dataclass(frozen=True, kw_only=True)
class AuthenticatorSuspended(_AboutAuthenticator):
    """An authenticator was suspended at somebody's wish, or because it may have been copied (BLK-1)."""

    kind = MessageKind.AUTHENTICATOR_SUSPENDED


@dataclass(frozen=True, kw_only=True)
class AuthenticatorReopened(_AboutAuthenticator):
    """A suspended authenticator opens the identity again."""

    kind = MessageKind.AUTHENTICATOR_REOPENED


@dataclass(frozen=True, kw_only=True)
class AppCopied(Message):
    """The app is on a new phone (ALR-2)."""

    kind = MessageKind.APP_COPIED
    at: datetime

    def __post_init__(self) -> None:
        require_aware(at=self.at)


@dataclass(frozen=True, kw_only=True)
class SimultaneousRequests(Message):
    """Somebody asked for the app's approval while another request was open (APR-5, ALR-2)."""

    kind = MessageKind.SIMULTANEOUS_REQUESTS
    at: datetime

    def __post_init__(self) -> None:
        require_aware(at=self.at)


@dataclass(frozen=True, kw_only=True)
class ActivationCodeSent(Message):
    """An activation code, to the registered phone alone (SEC-4)."""

    kind = MessageKind.ACTIVATION_CODE
    priority = Priority.CODE
    authenticator: str
    code: str
    minutes: int

    def __post_init__(self) -> None:
        require("authenticator", self.authenticator, AUTHENTICATORS)
        require_code(self.code)
        require_minutes(self.minutes)


@dataclass(frozen=True, kw_only=True)
class TemporaryPin(Message):
    """The temporary PIN of an app's activation, to the registered phone alone (SEC-5)."""

    kind = MessageKind.TEMPORARY_PIN
    priority = Priority.CODE
    pin: str
    minutes: int

    def __post_init__(self) -> None:
        require_digits("pin", self.pin, 8)
        require_minutes(self.minutes)


@dataclass(frozen=True, kw_only=True)
class CodeIssued(_AboutAuthenticator):
    """An activation code was issued."""

    kind = MessageKind.CODE_ISSUED


@dataclass(frozen=True, kw_only=True)
class ChangeRequested(Message):
    """A change was asked for and can be stopped (CHG-2)."""

    kind = MessageKind.CHANGE_REQUESTED
    field: str
    opens_at: datetime
    closes_at: datetime
    stop_code: str
    stop_address: str

    def __post_init__(self) -> None:
        require("field", self.field, FIELDS)
        require_aware(opens_at=self.opens_at, closes_at=self.closes_at)
        require_digits("stop_code", self.stop_code, 4)
        if not self.stop_address.startswith(("https://", "http://")):
            raise ValueError("stop_address is a web address.")


@dataclass(frozen=True, kw_only=True)
class ChangeStillWaits(Message):
    """Somebody wrote the carrier a word that seems to stop a change, and does not (CHG-6)."""

    kind = MessageKind.CHANGE_STILL_WAITS
    field: str
    opens_at: datetime

    def __post_init__(self) -> None:
        require("field", self.field, FIELDS)
        require_aware(opens_at=self.opens_at)


@dataclass(frozen=True, kw_only=True)
class WrongReplies(_AboutField):
    """So many wrong codes came from the citizen's number that BLOCK is not heard any more (CHG-6, ALR-2)."""

    kind = MessageKind.WRONG_REPLIES


@dataclass(frozen=True, kw_only=True)
class ChangeRanOut(_AboutField):
    """A change was asked for and ran out before its alert could be sent: told in its place, as what is past (CHG-2)."""

    kind = MessageKind.CHANGE_RAN_OUT


@dataclass(frozen=True, kw_only=True)
class ChangeConfirmed(Message):
    """A change was confirmed and made (CHG-5)."""

    kind = MessageKind.CHANGE_CONFIRMED
    field: str
    at: datetime

    def __post_init__(self) -> None:
        require("field", self.field, FIELDS)
        require_aware(at=self.at)


@dataclass(frozen=True, kw_only=True)
class ChangeStopped(Message):
    """A pending change was stopped (CHG-6)."""

    kind = MessageKind.CHANGE_STOPPED
    field: str
    by: str

    def __post_init__(self) -> None:
        require("field", self.field, FIELDS)
        require("by", self.by, STOPPERS)


@dataclass(frozen=True, kw_only=True)
class IdentityBlocked(Message):
    """The whole MitID was blocked (BLK-1, BLK-3)."""

    kind = MessageKind.IDENTITY_BLOCKED
    by: str
    at: datetime

    def __post_init__(self) -> None:
        require("by", self.by, BLOCKERS)
        require_aware(at=self.at)


@dataclass(frozen=True, kw_only=True)
class IdentityReopened(Message):
    """A blocked MitID was reopened in person (BLK-2)."""

    kind = MessageKind.IDENTITY_REOPENED
    at: datetime

    def __post_init__(self) -> None:
        require_aware(at=self.at)


@dataclass(frozen=True, kw_only=True)
class TextsStopped(Message):
    """The carrier was told from the citizen's number to stop our texts; told on every other channel (ALR-2)."""

    kind = MessageKind.TEXTS_STOPPED
    at: datetime

    def __post_init__(self) -> None:
        require_aware(at=self.at)


@dataclass(frozen=True, kw_only=True)
class OfficerActed(Message):
    """An officer did something with the identity (SUP-3, ALR-2)."""

    kind = MessageKind.OFFICER_ACTED
    act: str
    organisation: str
    at: datetime

    def __post_init__(self) -> None:
        if not _ACT.fullmatch(self.act):
            raise ValueError("act is a code.")
        if not 1 <= len(self.organisation) <= 200:
            raise ValueError("organisation is a name.")
        require_aware(at=self.at)


@dataclass(frozen=True, kw_only=True)
class ReplyStopped(Message):
    """The answer to a NO that stopped a change; it offers to block everything (CHG-6)."""

    kind = MessageKind.REPLY_STOPPED
    field: str
    block_code: str

    def __post_init__(self) -> None:
        require("field", self.field, FIELDS)
        require_digits("block_code", self.block_code, 4)


@dataclass(frozen=True, kw_only=True)
class ReplyTooLate(Message):
    """The answer to a NO that came after the change was made; it offers to block everything (CHG-6)."""

    kind = MessageKind.REPLY_TOO_LATE
    field: str
    at: datetime
    block_code: str

    def __post_init__(self) -> None:
        require("field", self.field, FIELDS)
        require_aware(at=self.at)
        require_digits("block_code", self.block_code, 4)


@dataclass(frozen=True, kw_only=True)
class ReplyRanOut(_AboutField):
    """The answer to a NO that came after the change ran out: nothing was changed (CHG-4, CHG-6)."""

    kind = MessageKind.REPLY_RAN_OUT


@dataclass(frozen=True, kw_only=True)
class ReplyStoppedOnly(_AboutField):
    """The answer to a NO that stopped a change when BLOCK is not heard any more after wrong codes (CHG-6)."""

    kind = MessageKind.REPLY_STOPPED_ONLY


@dataclass(frozen=True, kw_only=True)
class ReplyBlocked(Message):
    """The answer to a BLOCK that was carried out."""

    kind = MessageKind.REPLY_BLOCKED


@dataclass(frozen=True, kw_only=True)
class ReplyNotUnderstood(Message):
    """The answer to a reply that could not be acted on."""

    kind = MessageKind.REPLY_NOT_UNDERSTOOD
    priority = Priority.NEWS  # whoever writes at random must not stand before an alert


@dataclass(frozen=True, kw_only=True)
class Heartbeat(Message):
    """Proof for operators that alerts get through: it goes the way that alerts go, with their priority."""

    kind = MessageKind.HEARTBEAT
    at: datetime

    def __post_init__(self) -> None:
        require_aware(at=self.at)


BY_KIND: Final[dict[MessageKind, type[Message]]] = {
    message.kind: message
    for message in (
        ContactCode,
        IdentityIssued,
        AuthenticatorActivated,
        AuthenticatorBlocked,
        AuthenticatorSuspended,
        AuthenticatorReopened,
        AppCopied,
        SimultaneousRequests,
        ActivationCodeSent,
        TemporaryPin,
        CodeIssued,
        ChangeRequested,
        ChangeStillWaits,
        WrongReplies,
        ChangeRanOut,
        ChangeConfirmed,
        ChangeStopped,
        IdentityBlocked,
        IdentityReopened,
        TextsStopped,
        OfficerActed,
        ReplyStopped,
        ReplyTooLate,
        ReplyRanOut,
        ReplyStoppedOnly,
        ReplyBlocked,
        ReplyNotUnderstood,
        Heartbeat,
    )
}
