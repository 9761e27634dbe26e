"""What a person meant who answered one of our text messages."""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from notifications.states import CarrierWord

LONGEST_REPLY: Final = 200  # characters; a longer text is no answer to ours
CODE_DIGITS: Final = 4


def _with_doubled_letters(*words: str) -> frozenset[str]:
    """Give the words, and each with one of its letters typed twice."""
    return frozenset(words) | {word[:at] + word[at:][:1] + word[at:] for word in words for at in range(len(word))}


# The slips are those of thumbs: a letter twice, two letters swapped, the key beside. None of them is a word that
# somebody would answer us with; JO (yes), NI (nine) and NU (now) lie beside NO too, and are not read as one.
_STOP: Final = _with_doubled_letters("NO", "N0", "NEJ", "NEI") | {
    "MO", "BO", "NP", "N9", "NOP", "NPO", "NJE", "ENJ", "NRJ", "NWJ", "NEH", "NEK", "MEJ", "BEJ",
}  # fmt: skip
_BLOCK: Final = _with_doubled_letters("BLOCK", "BL0CK", "BLOK", "BLOKER", "BLOKÉR", "SPÆR", "SPAER", "SPÄR") | {
    "BLCOK", "BLOCL", "BLOVK", "BLOKK", "BLOKÈR", "SPAR", "SPER", "SPRÆ", "SPÆRRE", "SPAERRE", "SPERRE",
}  # fmt: skip
# What people copy from our message or add out of courtesy, and what changes nothing.
_COURTESY: Final = frozenset({"SVAR", "ANSWER", "REPLY", "KODE", "KODEN", "CODE", "TAK", "THANKS", "PLEASE"})
_SAID: Final = {
    "NUL": "0", "ZERO": "0", "EN": "1", "ET": "1", "ÉN": "1", "ÉT": "1", "ONE": "1", "TO": "2", "TWO": "2",
    "TRE": "3", "THREE": "3", "FIRE": "4", "FOUR": "4", "FEM": "5", "FIVE": "5", "SEKS": "6", "SIX": "6",
    "SYV": "7", "SEVEN": "7", "OTTE": "8", "EIGHT": "8", "NI": "9", "NINE": "9",
}  # fmt: skip
_LOOKS_LIKE: Final = str.maketrans("OIL", "011")
_DIGITS: Final = re.compile(r"[0-9]+")

# https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out: the words that Twilio acts on by itself.
_CARRIERS: Final = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), CarrierWord.STOP),
    **dict.fromkeys(("START", "UNSTOP", "YES"), CarrierWord.START),
    **dict.fromkeys(("HELP", "INFO"), CarrierWord.HELP),
}
_ALMOST: Final = frozenset({"YES", "JA", "JO", "OK", "STOP", "START", "HELP", "CANCEL", "ANNULLER"})
_LEAST_DIGITS_OF_A_CODE: Final = 3


@dataclass(frozen=True)
class StopReply:
    """Stop the change that ``code`` belongs to."""

    code: str


@dataclass(frozen=True)
class BlockReply:
    """Block the whole MitID; ``code`` came with the answer to a stop."""

    code: str


def parse_reply(text: str) -> StopReply | BlockReply | None:
    """Read an answer; ``None`` when it is not clearly one of the two.

    Rule:  CHG-6. Case, spaces, punctuation and quotation marks do not count; the word may stand behind the code,
           have a typical slip or be said twice; O, I and L may stand for the digits that they look like, and the
           names of digits for digits. Any other word or digit beside makes the answer unclear, and so does one
           that can be read in two ways, for a guess could stop or block what its sender did not mean.
    """
    if len(text) > LONGEST_REPLY:
        return None
    words = [word for word in _words(text) if word not in _COURTESY]
    readings: set[StopReply | BlockReply] = {*_readings(words, _STOP, StopReply), *_readings(words, _BLOCK, BlockReply)}
    return readings.pop() if len(readings) == 1 else None


def is_attempt(text: str) -> bool:
    """Tell whether somebody seems to try to answer us: one of our words is there, or about as many digits as a code.

    Rule:  CHG-6: such an answer gets help; any other text is not one.
    """
    words = _words(text[:LONGEST_REPLY])
    digits = sum(len(run) for word in words for run in _DIGITS.findall(word))
    return digits >= _LEAST_DIGITS_OF_A_CODE or any(word in _STOP | _BLOCK | _ALMOST for word in words)


def carrier_word(text: str) -> CarrierWord | None:
    """Tell which of the carrier's own words a text is: it has acted on it before we hear of it.

    Only the whole text counts, in any case, as it does for the carrier: ``STOP 1234`` is none.
    """
    return _CARRIERS.get(text.strip().upper())


def _readings(
    words: Sequence[str], known: frozenset[str], kind: type[StopReply] | type[BlockReply]
) -> Iterator[StopReply | BlockReply]:
    """List what ``words`` may mean: one of ``known`` before a code or behind it, with or without a space."""
    said_once = [word for word, _again in itertools.groupby(words)] if set(words[:2]) <= known else words
    if not said_once:
        return
    first, *others = said_once
    *before, last = said_once
    for word in known:
        for digits in (
            [first.removeprefix(word), *others] if first.startswith(word) else [],
            [*before, last.removesuffix(word)] if last.endswith(word) else [],
        ):
            code = _code(digits)
            if code is not None:
                yield kind(code)


def _code(words: Sequence[str]) -> str | None:
    code = "".join(_SAID.get(word, word.translate(_LOOKS_LIKE)) for word in words)
    return code if len(code) == CODE_DIGITS and code.isascii() and code.isdigit() else None


def _words(text: str) -> list[str]:
    return "".join(_plain(character) for character in unicodedata.normalize("NFKC", text).upper()).split()


def _plain(character: str) -> str:
    """Keep letters and digits; what only sets them apart becomes a space, what cannot be seen goes."""
    category = unicodedata.category(character)
    if category in {"Cf", "Mn"}:
        return ""
    if category[0] in {"P", "Z", "S"} or category == "Cc":
        return " "
    return character
