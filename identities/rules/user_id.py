"""What a user ID may be (UID-1 to UID-5)."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

SHORTEST: Final = 5  # UID-1
LONGEST: Final = 48  # UID-1
LETTERS: Final = "abcdefghijklmnopqrstuvwxyzæøå"
ALPHABET: Final = frozenset(LETTERS + LETTERS.upper() + "0123456789 {}!#$^,*()_+-=:;?.@")
SHORTEST_TELLING_PART: Final = 4  # UID-5: shorter pieces of a name are in too many words to be refused


class UserIdRefusal(StrEnum):
    """Why a user ID is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    WRONG_CHARACTER = "wrong_character"
    OUTER_SPACE = "outer_space"
    TEN_DIGITS = "ten_digits"
    CPR_NUMBER = "cpr_number"
    PERSONAL = "personal"
    TAKEN = "taken"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True)
class Owner:
    """What is known of the person whom the user ID will name."""

    name: str = ""
    cpr_number: str | None = None
    born_on: date | None = None
    phones: tuple[str, ...] = field(default=())
    emails: tuple[str, ...] = field(default=())


def normal_user_id(user_id: str) -> str:
    """Give the form in which a user ID is kept: composed, so that å typed as a + ring is the same å."""
    return unicodedata.normalize("NFC", user_id)


def folded(user_id: str) -> str:
    """Give the form in which user IDs are compared and unique.

    Rule: UID-2.
    """
    return normal_user_id(user_id).casefold()


def refusal_of_user_id(user_id: str, *, owner: Owner) -> UserIdRefusal | None:
    """Decide whether ``user_id`` may be ``owner``'s; ``None`` means it may, unless someone has or had it.

    Rule: UID-1, UID-2, UID-3, UID-5. The alphabet is held against the letters as typed: folding first would let
          in letters that fold into it (ß, ſ).
    """
    typed = normal_user_id(user_id)
    if typed != typed.strip():
        return UserIdRefusal.OUTER_SPACE
    if len(typed) < SHORTEST:
        return UserIdRefusal.TOO_SHORT
    if len(typed) > LONGEST:
        return UserIdRefusal.TOO_LONG
    if not ALPHABET.issuperset(typed):
        return UserIdRefusal.WRONG_CHARACTER
    if re.fullmatch(r"[0-9]{10}", typed):
        return UserIdRefusal.TEN_DIGITS
    digits = re.sub(r"[^0-9]", "", typed)
    if owner.cpr_number and owner.cpr_number in digits:
        return UserIdRefusal.CPR_NUMBER
    if _is_personal(typed, digits, owner):
        return UserIdRefusal.PERSONAL
    return None


def _is_personal(typed: str, digits: str, owner: Owner) -> bool:
    letters = "".join(ch for ch in folded(typed) if ch.isalpha())
    names = [part for part in re.split(r"[\s\-]+", folded(owner.name)) if len(part) >= SHORTEST_TELLING_PART]
    mailboxes = [folded(email).partition("@")[0] for email in owner.emails]
    mailboxes = [box for box in mailboxes if len(box) >= SHORTEST_TELLING_PART]
    if any(name in letters for name in names) or any(box in folded(typed) for box in mailboxes):
        return True
    numbers = [re.sub(r"[^0-9]", "", phone)[-8:] for phone in owner.phones]
    if owner.born_on:
        forms = ("%d%m%y", "%d%m%Y", "%Y%m%d", "%y%m%d")
        numbers += [owner.born_on.strftime(form) for form in forms]
    return any(number and number in digits for number in numbers)
