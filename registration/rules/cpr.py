"""The form of a CPR number (Source: CPR-kontoret, "Personnummeret i CPR", sections 1 and 2)."""

import re
from datetime import date
from typing import Final

_FORM: Final = re.compile(r"([0-9]{6})[ -]?([0-9]{4})", re.ASCII)
WEIGHTS: Final = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def normal_cpr_number(typed: str) -> str | None:
    """Give the ten digits of a CPR number as people write it; None when it has not the form or no such day.

    Modulus 11 is never demanded: numbers without it have been given out since 2007.
    """
    found = _FORM.fullmatch(typed.strip())
    if found is None:
        return None
    digits = found[1] + found[2]
    return digits if birth_date_of(digits) is not None else None


def birth_date_of(digits: str) -> date | None:
    """Read the birth date out of ten digits, the century out of the seventh; None when there is no such day."""
    day, month, year = int(digits[0:2]), int(digits[2:4]), int(digits[4:6])
    try:
        return date(_century(int(digits[6]), year) + year, month, day)
    except ValueError:
        return None


def passes_modulus_11(digits: str) -> bool:
    """Tell whether the last digit is the check digit that every number before 2007 had."""
    return sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=True)) % 11 == 0


def masked(digits: str) -> str:
    """Give what a support agent may see of a CPR number: never the whole (SUP-2)."""
    return f"{digits[:6]}-••••"


def _century(seventh: int, year: int) -> int:
    if seventh <= 3:
        return 1900
    if seventh in {4, 9}:
        return 2000 if year <= 36 else 1900
    return 2000 if year <= 57 else 1800
