"""What the steps of a log-in come to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from authentication.states import DecisionRefusal, Door, LoginRefusal
from identities.api import AssuranceLevel, AuthenticatorKind


@dataclass(frozen=True)
class RequestOpened:
    """A request stands. ``suggested`` was used last, or is as good as any for a user ID that nobody has."""

    id: UUID
    suggested: AuthenticatorKind


@dataclass(frozen=True)
class AppAsked:
    """The app has a request to answer; its browser shows a QR code, a button and a short code."""

    qr_token: str
    button_token: str
    short_code: str
    expires_at: datetime


@dataclass(frozen=True)
class RefusedParallel:
    """Another request to the same app is open (APR-5)."""


@dataclass(frozen=True)
class DeviceAccepted:
    """The device's code or the chip was right; the password comes next."""


@dataclass(frozen=True)
class StillWaiting:
    """The app has not answered yet."""


@dataclass(frozen=True)
class LoggedIn:
    """The door is open. ``browser_token`` is the cookie by which this browser is known from now on."""

    login_id: UUID
    identity_id: UUID
    door: Door
    level: AssuranceLevel
    browser_token: str | None = None


@dataclass(frozen=True)
class LoginRefused:
    """This step did not succeed; with anything but NOT_ACCEPTED the log-in starts over."""

    reason: LoginRefusal


@dataclass(frozen=True)
class Decided:
    """The app's answer was taken."""

    is_approved: bool


@dataclass(frozen=True)
class DecisionRefused:
    """The app's answer was not taken; ``paused_until`` is given with PAUSED."""

    reason: DecisionRefusal
    paused_until: datetime | None = None


@dataclass(frozen=True)
class PinRefused:
    """The app was not opened: WRONG_PIN, PAUSED or BLOCKED."""

    reason: DecisionRefusal
    paused_until: datetime | None = None


@dataclass(frozen=True)
class OpeningCodeGiven:
    """A code on the owner's phone that takes the app's one place, in the clear this once."""

    code: str
    expires_at: datetime
