"""Codes that people type: activation codes and codes that prove a contact (SEC-4, CHG-1)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from identities.states import ActivationCodeState, CodeCarrier, ProofState

ACTIVATION_ALPHABET: Final = "34679ACDEFGHJKMNPQRTWXY"  # SEC-4: none of 0O 1IL 2Z 5S 8B UV
ACTIVATION_LENGTH: Final = 8  # SEC-4
ACTIVATION_TRIES: Final = 3  # SEC-4
# TRY-2: printed before the code, tells which code is tried. 23^6 numbers: whoever knows only a user ID does not come
# upon one three times in the 48 hours of a paper, from hundreds of addresses.
ACTIVATION_NUMBER_LENGTH: Final = 6
ACTIVATION_GROUPS: Final = (3, 3, 4, 4)  # characters that are read aloud and typed at a time
ACTIVATION_LASTS: Final = {  # SEC-4
    CodeCarrier.PAPER: timedelta(hours=48),
    CodeCarrier.SCREEN: timedelta(minutes=30),
    CodeCarrier.SMS: timedelta(minutes=30),
}
TEMPORARY_PIN_DIGITS: Final = 8  # SEC-5
TEMPORARY_PIN_TRIES: Final = 3  # SEC-4, SEC-5
TEMPORARY_PIN_LASTS: Final = timedelta(minutes=30)  # SEC-4: by SMS
CONTACT_AGE: Final = timedelta(hours=120)  # SEC-7
TEMPORARY_PINS_PER_HOUR: Final = 3  # TRY-2: who found an activation code floods nobody's phone with it
COPY_TICKET_LASTS: Final = timedelta(minutes=3)
CONTACT_CODE_LENGTH: Final = 6
CONTACT_CODE_TRIES: Final = 3
CONTACT_CODES_PER_HOUR: Final = 5


def phone_is_too_new(*, registered_at: datetime, is_first: bool, now: datetime) -> bool:
    """Tell whether no code may go to a phone yet that was registered then.

    Rule: SEC-7: 120 hours; save the first phone of an identity, which is registered in person.
    """
    return not is_first and now < registered_at + CONTACT_AGE


class CodeRefusal(StrEnum):
    """Why a code was not accepted."""

    WRONG = "wrong"
    EXPIRED = "expired"
    DEAD = "dead"


def normal_activation_code(typed: str) -> str:
    """Give the code as it was printed: upper case, without the gaps people type."""
    return "".join(ch for ch in typed.upper() if ch not in " -\t")


def grouped_activation_code(code: str) -> str:
    """Write a code as it is read aloud and typed: the number in two groups, then the secret in two."""
    plain, groups, start = normal_activation_code(code), [], 0
    for length in ACTIVATION_GROUPS:
        groups.append(plain[start : start + length])
        start += length
    return " ".join(group for group in groups if group)


def split_activation_code(typed: str) -> tuple[str, str]:
    """Give the number and the secret of what was typed, however it was spaced."""
    code = normal_activation_code(typed)
    return code[:ACTIVATION_NUMBER_LENGTH], code[ACTIVATION_NUMBER_LENGTH:]


def activation_code_is_usable(*, state: ActivationCodeState, expires_at: datetime, now: datetime) -> bool:
    """Tell whether a code may be tried at all.

    Rule: SEC-4. Half-open: at ``expires_at`` it has expired.
    """
    return state is ActivationCodeState.OPEN and now < expires_at


def refusal_of_contact_code(
    *, state: ProofState, expires_at: datetime, is_right: bool, now: datetime
) -> CodeRefusal | None:
    """Decide whether a code proves a contact; ``None`` means it does.

    Rule: CHG-1.
    """
    if state is not ProofState.OPEN:
        return CodeRefusal.DEAD
    if now >= expires_at:
        return CodeRefusal.EXPIRED
    if not is_right:
        return CodeRefusal.WRONG
    return None
