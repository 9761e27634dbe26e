"""What Twilio's error codes and statuses mean for a message (https://www.twilio.com/docs/api/errors).

Twilio changes what it says about a number from time to time; a code that is not here is tried again, which is right
for everything that passes and ends by age (ALR-4) where it does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from notifications.states import ReportStatus


class Remedy(StrEnum):
    """What helps against a failure."""

    RETRY = "RETRY"  # it passes
    REPAIR = "REPAIR"  # our account, our sender or our settings are at fault, whatever the number
    OTHER_PROVIDER = "OTHER_PROVIDER"  # Twilio does not serve this number or these words; somebody else may
    NEXT_ADDRESS = "NEXT_ADDRESS"  # this number takes no text message from anybody: another of the person's addresses
    FALLBACK = "FALLBACK"  # text messages are of no use here: another channel


@dataclass(frozen=True)
class Meaning:
    """What a code asks for; ``is_alarm`` when somebody has to repair something."""

    remedy: Remedy
    is_alarm: bool = False


_RETRY: Final = Meaning(Remedy.RETRY)
_REPAIR: Final = Meaning(Remedy.REPAIR, is_alarm=True)
_OTHER: Final = Meaning(Remedy.OTHER_PROVIDER)
_OTHER_AND_REPAIR: Final = Meaning(Remedy.OTHER_PROVIDER, is_alarm=True)
_NEXT: Final = Meaning(Remedy.NEXT_ADDRESS)
_FALLBACK: Final = Meaning(Remedy.FALLBACK)

MEANINGS: Final[Mapping[int, Meaning]] = {
    # The account and what it may do.
    20003: _REPAIR,  # not authenticated
    20005: _REPAIR,  # the account is not active
    20006: _REPAIR,  # no access
    20008: _REPAIR,  # credentials for tests
    20404: _REPAIR,  # no such account
    20429: _RETRY,  # too many requests
    20500: _RETRY,  # a fault of Twilio's
    20503: _RETRY,  # not available
    30001: _RETRY,  # the queue is full
    30002: _REPAIR,  # the account was suspended
    30026: _REPAIR,  # the account was suspended by its owner
    30037: _REPAIR,  # sending is switched off
    63038: _REPAIR,  # the day's limit is used up
    90010: _REPAIR,  # the account is not active
    # The number.
    21211: _NEXT,  # no valid number
    21214: _NEXT,  # cannot be reached
    21217: _NEXT,  # no valid number
    21265: _NEXT,  # a short code
    21268: _NEXT,  # a premium number
    21614: _NEXT,  # not a mobile
    21635: _NEXT,  # a land line
    30005: _NEXT,  # unknown or out of service
    30006: _NEXT,  # a land line, or a carrier that cannot be reached
    30011: _NEXT,  # does not take this kind of message
    # The owner of the number, or their carrier, wants none.
    21610: _FALLBACK,  # STOP
    30004: _FALLBACK,  # blocked
    # Twilio and this country, carrier or wording.
    21408: _OTHER_AND_REPAIR,  # the country is closed to our account
    21612: _OTHER,  # no way from our sender to this number
    30007: _OTHER_AND_REPAIR,  # taken for spam
    30010: _OTHER_AND_REPAIR,  # dearer than allowed
    30018: _OTHER_AND_REPAIR,  # the carrier wants senders registered
    30024: _OTHER_AND_REPAIR,  # the sender is not provided for at the carrier
    30032: _OTHER_AND_REPAIR,  # the toll-free sender is not verified
    30034: _OTHER_AND_REPAIR,  # the sender is not registered
    30038: _OTHER_AND_REPAIR,  # taken for a code that must not be sent so
    30040: _OTHER_AND_REPAIR,  # the carrier wants senders registered
    30041: _OTHER_AND_REPAIR,  # the carrier does not allow the sender
    30450: _OTHER_AND_REPAIR,  # held for fraud by Twilio's guard
    30453: _OTHER_AND_REPAIR,  # as before
    # Our sender and what we ask for.
    21212: _REPAIR,  # the sender is no number of ours
    21603: _REPAIR,  # no sender
    21606: _REPAIR,  # the sender cannot send
    21608: _REPAIR,  # an account for trials
    21609: _REPAIR,  # our address for reports is refused
    21611: _RETRY,  # the sender's queue is full
    21624: _REPAIR,  # our validity is refused
    21659: _REPAIR,  # the sender is no number of ours
    21660: _REPAIR,  # the sender is another account's
    21661: _REPAIR,  # the sender cannot send text messages
    21701: _REPAIR,  # no such Messaging Service
    21703: _REPAIR,  # the Messaging Service has no sender for this number
    21704: _REPAIR,  # the Messaging Service has no sender
    21705: _REPAIR,  # the Messaging Service cannot be used
    21730: _RETRY,  # maintenance
    # The words: another channel has others.
    21602: _FALLBACK,  # none
    21605: _FALLBACK,  # too many
    21617: _FALLBACK,  # too many
    # On the way.
    30003: _RETRY,  # the phone is off, or has no network
    30008: _RETRY,  # unknown
    30017: _RETRY,  # the network is crowded
    30019: _FALLBACK,  # larger than the carrier takes
    30022: _RETRY,  # the sender's rate
    30023: _REPAIR,  # the sender's day
    30036: _RETRY,  # it was not delivered while it was valid
    30039: _FALLBACK,  # two machines talk to each other
    30410: _RETRY,  # the next provider on the way did not answer
    30500: _RETRY,  # a fault on the way
}

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
STATUSES: Final[Mapping[str, ReportStatus]] = {
    "accepted": ReportStatus.ON_ITS_WAY,
    "scheduled": ReportStatus.ON_ITS_WAY,
    "queued": ReportStatus.ON_ITS_WAY,
    "sending": ReportStatus.ON_ITS_WAY,
    "sent": ReportStatus.ON_ITS_WAY,
    "delivered": ReportStatus.DELIVERED,
    "read": ReportStatus.DELIVERED,
    "partially_delivered": ReportStatus.FAILED_FOR_NOW,
    "undelivered": ReportStatus.FAILED_FOR_NOW,  # unless its code says more
    "failed": ReportStatus.FAILED_FOR_NOW,
    "canceled": ReportStatus.FAILED_FOR_NOW,
}
FAILED: Final = frozenset({"undelivered", "failed", "canceled"})


def meaning_of(code: int | None, *, http_status: int = 400) -> Meaning:
    """Tell what a refusal asks for; an HTTP status that speaks of our credentials is ours whatever the code."""
    if code is not None and code in MEANINGS:
        return MEANINGS[code]
    return _REPAIR if http_status in {401, 403} else _RETRY


def report_status(status: str, *, code: int | None, has_other_provider: bool) -> ReportStatus | None:
    """Tell what a status of Twilio's comes to; None for one that is of no message of ours.

    Rule:  ALR-5: what no later try can change ends the delivery, so that another address is used. What another
           provider may do is tried again as long as there is another.
    """
    found = STATUSES.get(status)
    if found is not ReportStatus.FAILED_FOR_NOW or code is None:
        return found
    match meaning_of(code).remedy:
        case Remedy.NEXT_ADDRESS | Remedy.FALLBACK:
            return ReportStatus.FAILED_FOR_GOOD
        case Remedy.OTHER_PROVIDER:
            return ReportStatus.FAILED_FOR_NOW if has_other_provider else ReportStatus.FAILED_FOR_GOOD
        case Remedy.RETRY | Remedy.REPAIR:
            return ReportStatus.FAILED_FOR_NOW
