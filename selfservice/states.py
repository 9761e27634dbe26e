"""Enumerations of self-service."""

from enum import StrEnum


class SmsReplyOutcome(StrEnum):
    """What an answer to a text message came to. The answerer learns no more than the reply says."""

    STOPPED = "stopped"
    TOO_LATE = "too_late"
    """The change had been made or had run out when the right code came; the answer says which."""
    BLOCKED = "blocked"
    NOT_UNDERSTOOD = "not_understood"
    CARRIERS = "carriers"
    """A word to the carrier, which has acted on it and answered: no more messages, messages again, or help."""
    IGNORED = "ignored"
    """Nothing is sent back: a second copy, no number to answer, or the sender was told today already."""


class ChangeStage(StrEnum):
    """What the page of a change offers its citizen now."""

    WAITS = "waits"
    """The window has not opened."""
    NEEDS_SECOND_LOGIN = "needs_second_login"
    """The window is open, but this login was made before it opened."""
    MAY_BE_CONFIRMED = "may_be_confirmed"
    OVER = "over"
    """The window has closed, and nobody has noted it yet."""
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class StoppingAct(StrEnum):
    """What a citizen stops at once, without a second login (BLK-1)."""

    SUSPEND = "suspend"
    BLOCK = "block"
    SIGN_OUT = "sign_out"


class EventGroup(StrEnum):
    """What the activity list can be searched by."""

    LOGINS = "logins"
    CHANGES = "changes"
    CONTACTS = "contacts"
    AUTHENTICATORS = "authenticators"
    BLOCKS = "blocks"
    OFFICERS = "officers"
