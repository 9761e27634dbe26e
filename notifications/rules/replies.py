"""What a person meant who answered one of our text messages."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

LONGEST_REPLY: Final = 200  # characters; a longer text is no answer to ours
_REPLY: Final = re.compile(
    r"""
    (?: (?P<stop> NO | N0 | NEJ | NEI )
      | (?P<block> BLOCK | BL0CK | BLOK | BLOKER | SPÆR | SPAER | SPÄR | SPAR | SPÆRRE | SPAERRE ) )
    \s* (?P<code> [0-9O] (?: \s* [0-9O] ){3} )
    """,
    re.VERBOSE,
)


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

    Rule:  CHG-6. Case, spaces, punctuation and quotation marks do not count, a zero may stand for the letter O
           and the letter for a zero; any other word or digit beside makes the answer unclear, for a guess could
           stop or block what its sender did not mean.
    """
    if len(text) > LONGEST_REPLY:
        return None
    plain = "".join(_plain(character) for character in unicodedata.normalize("NFKC", text).upper())
    found = _REPLY.fullmatch(" ".join(plain.split()))
    if found is None:
        return None
    code = re.sub(r"\s", "", found["code"]).replace("O", "0")
    return StopReply(code) if found["stop"] else BlockReply(code)


def _plain(character: str) -> str:
    """Keep letters and digits; what only sets them apart becomes a space, what cannot be seen goes."""
    category = unicodedata.category(character)
    if category in {"Cf", "Mn"}:
        return ""
    if category[0] in {"P", "Z", "S"} or category == "Cc":
        return " "
    return character
