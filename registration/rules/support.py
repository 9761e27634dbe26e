"""What a support agent may do for a caller (SUP-1, SUP-2)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from registration.states import Verdict

CALL_LASTS: Final = timedelta(minutes=30)  # a page left open must not be a door to somebody's identity
DOCUMENT_TRIES: Final = 3


class SupportAct(StrEnum):
    """What support does on an identity."""

    IDENTIFY = "identify"
    BLOCK = "block"
    CANCEL_CHANGE = "cancel_change"
    TELL_USER_ID = "tell_user_id"
    BLOCK_AUTHENTICATOR = "block_authenticator"
    SEND_CODE = "send_code"
    SEND_PIN = "send_pin"
    RESYNC = "resync"


BLOCKING: Final = frozenset({SupportAct.BLOCK, SupportAct.BLOCK_AUTHENTICATOR})


class SupportRefusal(StrEnum):
    """Why an act of support is refused."""

    CALL_OVER = "call_over"
    NOT_IDENTIFIED = "not_identified"
    ALREADY_IDENTIFIED = "already_identified"
    NO_TRIES_LEFT = "no_tries_left"
    WRONG_NUMBER = "wrong_number"
    TOO_FEW_FACTS = "too_few_facts"
    FAILED = "failed"
    ALREADY_ASKED = "already_asked"
    NOT_PENDING = "not_pending"
    ALREADY_BLOCKED = "already_blocked"
    AUTHENTICATOR_GONE = "authenticator_gone"
    CLOCK_NOT_FOUND = "clock_not_found"
    NO_PHONE = "no_phone"
    PHONE_TOO_NEW = "phone_too_new"
    IDENTITY_BLOCKED = "identity_blocked"
    AT_MOST = "at_most"
    NO_DEVICE = "no_device"
    SAME_CHANNEL = "same_channel"
    OTHER_HALF = "other_half"
    SUSPENDED = "suspended"
    NO_ENROLMENT = "no_enrolment"
    TOO_MANY_PINS = "too_many_pins"
    TOO_MANY_CODES = "too_many_codes"


def is_over(*, opened_at: datetime, now: datetime) -> bool:
    """Tell whether a call is too old to act in, or to look through.

    Rule: SUP-3: another look takes another search, with its reason.
    """
    return now >= opened_at + CALL_LASTS


def refusal_to_act_in_call(
    act: SupportAct, *, opened_at: datetime, is_identified: bool, now: datetime
) -> SupportRefusal | None:
    """Decide whether support may do ``act``; ``None`` means it may.

    Rule: SUP-1: blocking needs no proof of who calls, everything else does.
    """
    if is_over(opened_at=opened_at, now=now):
        return SupportRefusal.CALL_OVER
    if act is SupportAct.IDENTIFY:
        return SupportRefusal.ALREADY_IDENTIFIED if is_identified else None
    if act not in BLOCKING and not is_identified:
        return SupportRefusal.NOT_IDENTIFIED
    return None


def is_identified(*, has_right_number: bool, verdict: Verdict) -> bool:
    """Tell whether a caller is who they say.

    Rule: SUP-1: the number of a document, and control questions.
    """
    return has_right_number and verdict is Verdict.PASSED
