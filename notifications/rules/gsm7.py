"""What a text message costs in the alphabet of the mobile network."""

from typing import Final

ONE_PART_SEPTETS: Final = 160  # ALR-3: published
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")


def septets_of(text: str) -> int | None:
    """Count the septets that ``text`` takes in one text message; ``None`` when it cannot be written in GSM-7.

    Rule:  3GPP TS 23.038 section 6.2.1: the default alphabet; a character of its extension table takes two.
    """
    septets = 0
    for character in text:
        if character in _BASIC:
            septets += 1
        elif character in _EXTENDED:
            septets += 2
        else:
            return None
    return septets


def fits_one_part(text: str) -> bool:
    """Tell whether ``text`` is one GSM-7 text message.

    Rule:  ALR-3.
    """
    septets = septets_of(text)
    return septets is not None and septets <= ONE_PART_SEPTETS
