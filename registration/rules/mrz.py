"""The machine-readable zone of a passport: TD3, two lines of 44 (Source: ICAO Doc 9303 parts 3 and 4)."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

LINE_LENGTH: Final = 44
NAME_LENGTH: Final = 39
FILLER: Final = "<"
WEIGHTS: Final = (7, 3, 1)  # Doc 9303-3, 4.9
_ALPHABET: Final = re.compile(r"[A-Z0-9<]*", re.ASCII)
_LETTERS: Final = {  # Doc 9303-3, section 6, table A: what a national letter becomes
    "Æ": "AE", "Ø": "OE", "Å": "AA", "Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "SS", "ẞ": "SS", "Þ": "TH", "Ð": "D",
    "Đ": "D", "Ł": "L", "Ŋ": "N", "Œ": "OE", "Ŧ": "T", "Ħ": "H", "İ": "I", "ı": "I", "Ĳ": "IJ", "ĸ": "Q",
}  # fmt: skip


class MrzFault(StrEnum):
    """Why two lines are not read."""

    LENGTH = "length"
    CHARACTER = "character"
    NO_PASSPORT = "no_passport"
    NAME = "name"
    NUMBER_DIGIT = "number_digit"
    BIRTH_DATE_DIGIT = "birth_date_digit"
    EXPIRY_DIGIT = "expiry_digit"
    PERSONAL_NUMBER_DIGIT = "personal_number_digit"
    COMPOSITE_DIGIT = "composite_digit"
    DATE = "date"


@dataclass(frozen=True)
class NotRead:
    """The zone cannot be right as it was typed; ``line`` is 1 or 2."""

    line: int
    fault: MrzFault


@dataclass(frozen=True, kw_only=True)
class Passport:
    """What a TD3 zone says. ``birth_digits`` is YYMMDD: the zone has no century, and may have unknown parts."""

    is_emergency: bool
    issuer: str
    surname: tuple[str, ...]
    given_names: tuple[str, ...]
    is_name_cut: bool
    number: str
    nationality: str
    birth_digits: str
    sex: str
    expires_on: date
    personal_number: str


def normal_line(typed: str) -> str:
    """Give a line as a reader would have sent it: capitals, without the gaps that people type."""
    return re.sub(r"[ \t\r\n]", "", typed).upper() if typed.isascii() else typed


def check_digit(text: str) -> str:
    """Work out the check digit of a field.

    Source: ICAO Doc 9303-3, 4.9: 0-9 count as themselves, A-Z as 10-35, the filler as 0.
    """
    values = (0 if ch == FILLER else int(ch, 36) for ch in text)
    return str(sum(value * WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)


def read_passport(line_1: str, line_2: str) -> Passport | NotRead:
    """Read the two lines of a passport, holding every check digit.

    Rule: REG-4. The optional data may be without a check digit when it is empty (Doc 9303-4, 4.2.2).
    """
    for number, line in ((1, line_1), (2, line_2)):
        if not _ALPHABET.fullmatch(line):
            return NotRead(number, MrzFault.CHARACTER)
        if len(line) != LINE_LENGTH:
            return NotRead(number, MrzFault.LENGTH)
    if line_1[0] != "P":
        return NotRead(1, MrzFault.NO_PASSPORT)
    primary, separator, secondary = line_1[5:].partition("<<")
    surname, given_names = _words(primary), _words(secondary)
    if not surname or (not separator and line_1[-1] == FILLER) or any(ch.isdigit() for ch in line_1[5:]):
        return NotRead(1, MrzFault.NAME)
    fault = _fault_of_digits(line_2)
    if fault is not None:
        return NotRead(2, fault)
    expires_on = _expiry(line_2[21:27])
    if expires_on is None or not re.fullmatch(r"[0-9<]{6}", line_2[13:19]):
        return NotRead(2, MrzFault.DATE)
    return Passport(
        is_emergency=line_1[1] == "E",  # Doc 9303-4, 4.2.2: PE is an emergency passport
        issuer=line_1[2:5].rstrip(FILLER),
        surname=surname,
        given_names=given_names,
        is_name_cut=line_1[-1] != FILLER,
        number=line_2[0:9].rstrip(FILLER),
        nationality=line_2[10:13].rstrip(FILLER),
        birth_digits=line_2[13:19],
        sex=line_2[20],
        expires_on=expires_on,
        personal_number=line_2[28:42].rstrip(FILLER),
    )


def write_passport(
    *,
    issuer: str,
    surname: str,
    given_names: str,
    number: str,
    born_on: date,
    sex: str,
    expires_on: date,
    personal_number: str = "",
) -> tuple[str, str]:
    """Give the two lines that a passport of these contents carries, names cut as Doc 9303-4, 4.2.3 says."""
    primary, secondary = "<".join(transliterated(surname)), "<".join(transliterated(given_names))
    names = _name_field(primary, secondary)
    fields = (
        number.ljust(9, FILLER),
        born_on.strftime("%y%m%d"),
        expires_on.strftime("%y%m%d"),
        personal_number.ljust(14, FILLER),
    )
    number_field, birth, expiry, optional = (field + check_digit(field) for field in fields)
    composite = check_digit(number_field + birth + expiry + optional)
    nation = issuer.ljust(3, FILLER)
    return f"P<{nation}{names}", f"{number_field}{nation}{birth}{sex}{expiry}{optional}{composite}"


def transliterated(name: str) -> tuple[str, ...]:
    """Give the words of a name in the letters of the zone: Æ is AE, Ø is OE, Å is AA; apostrophes fall away."""
    letters = []
    for ch in unicodedata.normalize("NFC", name).upper():
        plain = _LETTERS.get(ch) or unicodedata.normalize("NFD", ch)[0]
        if plain.isascii() and plain.isalpha():
            letters.append(plain)
        elif ch in " -‐‑–":
            letters.append(" ")
    return tuple("".join(letters).split())


def names_agree(passport: Passport, *, given_names: str, surname: str) -> bool:
    """Tell whether the zone's name is the register's, with allowance for what a full line had to cut.

    Rule: REG-3. A cut name has each of its words begin a word of the register's, in the same order.
    """
    held = (
        (passport.surname, transliterated(surname)),
        (passport.given_names, transliterated(given_names)),
    )
    if not passport.is_name_cut:
        return all(written == known for written, known in held)
    return all(_is_cut_of(written, known) for written, known in held)


def _name_field(primary: str, secondary: str) -> str:
    whole = f"{primary}<<{secondary}".rstrip(FILLER)
    if len(whole) <= NAME_LENGTH:
        return whole.ljust(NAME_LENGTH, FILLER)
    primary = primary[: NAME_LENGTH - 3].rstrip(FILLER)  # at least one letter of the given names stays
    # A cut field ends with a letter (Doc 9303-4, 4.2.3), or a reader could not tell that it is cut.
    while (cut := f"{primary}<<{secondary}"[:NAME_LENGTH])[-1] == FILLER:
        primary = primary[:-1].rstrip(FILLER)
    return cut


def _is_cut_of(written: tuple[str, ...], known: tuple[str, ...]) -> bool:
    if not written or len(written) > len(known):
        return False
    return all(whole.startswith(part) for part, whole in zip(written, known, strict=False))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(FILLER) if word)


def _fault_of_digits(line: str) -> MrzFault | None:
    optional, its_digit = line[28:42], line[42]
    is_empty = optional.strip(FILLER) == ""
    checks = (
        (MrzFault.NUMBER_DIGIT, line[9] == check_digit(line[0:9])),
        (MrzFault.BIRTH_DATE_DIGIT, line[19] == check_digit(line[13:19])),
        (MrzFault.EXPIRY_DIGIT, line[27] == check_digit(line[21:27])),
        (MrzFault.PERSONAL_NUMBER_DIGIT, its_digit == check_digit(optional) or (is_empty and its_digit == FILLER)),
        (MrzFault.COMPOSITE_DIGIT, line[43] == check_digit(line[0:10] + line[13:20] + line[21:43])),
    )
    return next((fault for fault, is_right in checks if not is_right), None)


def _expiry(digits: str) -> date | None:
    if not digits.isdigit():
        return None
    try:
        return date(2000 + int(digits[0:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None
