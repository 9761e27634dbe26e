"""The enumerations of notifications, and which state of a delivery may follow which."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final


class Channel(StrEnum):
    """Ways by which a message reaches a person."""

    SMS = "SMS"
    EMAIL = "EMAIL"
    APP = "APP"


class Language(StrEnum):
    """Languages that messages are written in (ALR-3)."""

    DA = "da"
    EN = "en"


class Priority(IntEnum):
    """What goes first when much is due: somebody is waiting at a screen for a code."""

    CODE = 1
    ALERT = 2
    NEWS = 3


class MessageKind(StrEnum):
    """Every message there is; each has a dataclass in messages.py and a folder in templates/messages."""

    CONTACT_CODE = "contact_code"
    IDENTITY_ISSUED = "identity_issued"
    AUTHENTICATOR_ACTIVATED = "authenticator_activated"
    AUTHENTICATOR_BLOCKED = "authenticator_blocked"
    AUTHENTICATOR_SUSPENDED = "authenticator_suspended"
    AUTHENTICATOR_REOPENED = "authenticator_reopened"
    APP_COPIED = "app_copied"
    CODE_ISSUED = "code_issued"
    ACTIVATION_CODE = "activation_code"
    TEMPORARY_PIN = "temporary_pin"
    SIMULTANEOUS_REQUESTS = "simultaneous_requests"
    CHANGE_REQUESTED = "change_requested"
    CHANGE_STILL_WAITS = "change_still_waits"
    WRONG_REPLIES = "wrong_replies"
    CHANGE_RAN_OUT = "change_ran_out"
    CHANGE_CONFIRMED = "change_confirmed"
    CHANGE_STOPPED = "change_stopped"
    IDENTITY_BLOCKED = "identity_blocked"
    IDENTITY_REOPENED = "identity_reopened"
    TEXTS_STOPPED = "texts_stopped"
    OFFICER_ACTED = "officer_acted"
    REPLY_STOPPED = "reply_stopped"
    REPLY_TOO_LATE = "reply_too_late"
    REPLY_RAN_OUT = "reply_ran_out"
    REPLY_STOPPED_ONLY = "reply_stopped_only"
    REPLY_BLOCKED = "reply_blocked"
    REPLY_NOT_UNDERSTOOD = "reply_not_understood"
    HEARTBEAT = "heartbeat"


class CarrierWord(StrEnum):
    """What somebody asked of the carrier, which acts on it by itself: no more messages, messages again, or help."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    HELD = "HELD"  # rendered for a spare address; goes out only when another of its message is given up (ALR-5)
    QUEUED = "QUEUED"
    CLAIMED = "CLAIMED"
    SENT = "SENT"  # the provider said yes
    DELIVERED = "DELIVERED"  # and later that the message arrived
    GIVEN_UP = "GIVEN_UP"
    NOT_NEEDED = "NOT_NEEDED"  # was held, and every other address of its message was reached


TRANSITIONS: Final[Mapping[DeliveryState, frozenset[DeliveryState]]] = {
    DeliveryState.HELD: frozenset({DeliveryState.QUEUED, DeliveryState.NOT_NEEDED}),
    # SENT straight from QUEUED: the provider's yes to an attempt whose lease had run out meanwhile. DELIVERED from
    # QUEUED or CLAIMED: the report overtook the yes, or an attempt that was reported as failed arrived after all.
    DeliveryState.QUEUED: frozenset(
        {DeliveryState.CLAIMED, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.GIVEN_UP}
    ),
    # CLAIMED again: the lease ran out because the worker died.
    DeliveryState.CLAIMED: frozenset(
        {
            DeliveryState.CLAIMED,
            DeliveryState.QUEUED,
            DeliveryState.SENT,
            DeliveryState.DELIVERED,
            DeliveryState.GIVEN_UP,
        }
    ),
    # QUEUED again, or GIVEN_UP: the provider reported afterwards that it did not arrive.
    DeliveryState.SENT: frozenset({DeliveryState.DELIVERED, DeliveryState.QUEUED, DeliveryState.GIVEN_UP}),
    DeliveryState.DELIVERED: frozenset(),
    DeliveryState.GIVEN_UP: frozenset({DeliveryState.DELIVERED}),  # an earlier copy of it arrived after all
    DeliveryState.NOT_NEEDED: frozenset(),
}
OPEN_STATES: Final = frozenset({DeliveryState.QUEUED, DeliveryState.CLAIMED})
TAKEN_STATES: Final = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED})  # a provider has the message


class ReportStatus(StrEnum):
    """What a provider tells of a message that it took, whatever words it has for it."""

    ON_ITS_WAY = "ON_ITS_WAY"
    DELIVERED = "DELIVERED"
    FAILED_FOR_NOW = "FAILED_FOR_NOW"
    FAILED_FOR_GOOD = "FAILED_FOR_GOOD"


class ResendReason(StrEnum):
    """Why an operator sends again what was given up."""

    PROVIDER_REPAIRED = "provider_repaired"
    SETTINGS_REPAIRED = "settings_repaired"
    ADDRESS_REACHABLE_AGAIN = "address_reachable_again"
    CITIZEN_ASKED = "citizen_asked"


def states_before(state: DeliveryState) -> frozenset[DeliveryState]:
    """List the states from which ``state`` may be reached: the guard of every update."""
    return frozenset(before for before, after in TRANSITIONS.items() if state in after)
