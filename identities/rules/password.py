"""What a password may be (SEC-2)."""

import re
import unicodedata
from enum import StrEnum
from typing import Final

from identities.rules.user_id import folded

SHORTEST: Final = 8  # SEC-2
LONGEST: Final = 64  # SEC-2
WORDS: Final = ("password", "adgangskode")
KEYBOARD_ROWS: Final = ("qwertyuiopå", "asdfghjklæø", "zxcvbnm,.-", "1234567890", "0123456789", "abcdefghij")
KEYBOARD_RUNS: Final = ("abc12345", "abcd1234", "zxcvbnm", "1q2w3e4r")
RUN_LENGTH: Final = 8


class PasswordRefusal(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    CONTAINS_USER_ID = "contains_user_id"
    TEN_DIGITS = "ten_digits"
    CONTAINS_THE_WORD = "contains_the_word"
    KEYBOARD_ROW = "keyboard_row"


def normal_password(password: str) -> str:
    """Give the form that is hashed, so that two keyboards that compose å differently open the same lock.

    Source: RFC 8265 section 4.2 (OpaqueString: NFC, spaces made plain).
    """
    spaced = "".join(" " if unicodedata.category(ch) == "Zs" else ch for ch in password)
    return unicodedata.normalize("NFC", spaced)


def refusal_of_password(password: str, *, user_id: str) -> PasswordRefusal | None:
    """Decide whether ``password`` may be chosen by the holder of ``user_id``; ``None`` means it may.

    Rule: SEC-2.
    """
    normal = normal_password(password)
    low = normal.casefold()
    if len(normal) < SHORTEST:
        return PasswordRefusal.TOO_SHORT
    if len(normal) > LONGEST:
        return PasswordRefusal.TOO_LONG
    if any(unicodedata.category(ch) in {"Cc", "Cf", "Cs", "Co"} for ch in normal):
        return PasswordRefusal.CONTROL_CHARACTER
    if folded(user_id) in low:
        return PasswordRefusal.CONTAINS_USER_ID
    if re.search(r"[0-9]{10}", normal):
        return PasswordRefusal.TEN_DIGITS
    if any(word in low for word in WORDS):
        return PasswordRefusal.CONTAINS_THE_WORD
    if _has_keyboard_run(low):
        return PasswordRefusal.KEYBOARD_ROW
    return None


def _has_keyboard_run(low: str) -> bool:
    runs = [*KEYBOARD_RUNS]
    for row in KEYBOARD_ROWS:
        for way in (row, row[::-1]):
            runs += [way[start : start + RUN_LENGTH] for start in range(len(way) - RUN_LENGTH + 1)]
    return any(run in low for run in runs)
