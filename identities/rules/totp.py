"""Truncation of one-time codes."""

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
