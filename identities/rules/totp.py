"""One-time codes: how they are cut from a hash, and where a drifted clock is found again."""

from collections.abc import Mapping
from typing import Final

STEP_SECONDS: Final = 30  # SEC-3
DIGITS: Final = 6  # SEC-3
TOLERANCE_STEPS: Final = 1
LARGEST_DRIFT_STEPS: Final = 20  # ten minutes: a device further off needs a new one


def truncated(mac: bytes) -> int:
    """Give the number that a code display shows for an HMAC-SHA-1 of 20 bytes.

    Source: RFC 4226 section 5.3.
    """
    offset = mac[19] & 0x0F
    return (int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF) % 10**DIGITS


def is_code(typed: str) -> bool:
    """Tell whether what was typed is six digits (SEC-3)."""
    return len(typed) == DIGITS and typed.isascii() and typed.isdigit()


def step_of_two_codes(codes: Mapping[int, int], *, first: int, second: int, after: int) -> int | None:
    """Find the step that shows ``second`` right after one that shows ``first``, both later than ``after``.

    Rule: SEC-3, RFC 4226 section 7.4: two codes in a row, so that a guess over a wide window is worth no more than one
          over a single step squared. Each step is accepted once: steps up to ``after`` are over. Where chance shows
          the pair twice, the earlier place is taken.
    """
    for step in sorted(codes):
        if step > after and codes[step] == first and codes.get(step + 1) == second:
            return step + 1
    return None
