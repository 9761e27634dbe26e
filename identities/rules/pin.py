"""What the PIN of an app may be (SEC-1)."""

import re
from datetime import date
from enum import StrEnum
from typing import Final

DIGITS: Final = 6  # SEC-1
UPWARDS: Final = "01234567890123456789"  # the zero follows the nine on every key pad
DATE_FORMS: Final = ("%d%m%Y", "%Y%m%d", "%m%d%Y", "%d%m%y", "%y%m%d", "%m%d%y")


class PinRefusal(StrEnum):
    """Why a PIN is refused."""

    NOT_SIX_DIGITS = "not_six_digits"
    ALL_EQUAL = "all_equal"
    RUN = "run"
    PERSONAL = "personal"


def refusal_of_pin(pin: str, *, cpr_number: str | None, born_on: date | None) -> PinRefusal | None:
    """Decide whether ``pin`` may be chosen; ``None`` means it may.

    Rule: SEC-1. Without ``cpr_number`` and ``born_on`` the answer tells nothing of anybody.
    """
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", pin):
        return PinRefusal.NOT_SIX_DIGITS
    if len(set(pin)) == 1:
        return PinRefusal.ALL_EQUAL
    if pin in UPWARDS or pin in UPWARDS[::-1]:
        return PinRefusal.RUN
    numbers = [born_on.strftime(form) for form in DATE_FORMS] if born_on else []
    numbers += [re.sub(r"[^0-9]", "", cpr_number)] if cpr_number else []
    if any(pin in number for number in numbers):
        return PinRefusal.PERSONAL
    return None
