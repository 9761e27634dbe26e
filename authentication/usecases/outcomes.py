"""What the steps of a log-in come to."""

from dataclasses import dataclass
from uuid import UUID

from authentication.states import Door, LoginRefusal


@dataclass(frozen=True)
class CodeAccepted:
    """The device's code was right; the password comes next."""


@dataclass(frozen=True)
class LoggedIn:
    """The door is open."""

    login_id: UUID
    identity_id: UUID
    door: Door


@dataclass(frozen=True)
class LoginRefused:
    """This step did not succeed; with EXPIRED and TOO_MANY_TRIES the log-in starts over."""

    reason: LoginRefusal
