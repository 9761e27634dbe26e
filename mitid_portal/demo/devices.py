"""The demo's code devices, played in software: what a citizen would read from the thing in their hand, or hear."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django_otp.oath import hotp

from identities.api import AuthenticatorKind, device_state

SEED_KEY: Final = b"demo code displays, not for anybody's real identity"
SEED_BYTES: Final = 20
STEP_SECONDS: Final = 30  # SEC-3
DIGITS: Final = 6  # SEC-3
READERS: Final = "LK-"
"""How the serial numbers of audio code readers begin."""
MOST_IN_A_SERIES: Final = 10_000


@dataclass(frozen=True)
class Display:
    """What a code device shows or speaks at an instant, and for how long yet."""

    serial: str
    kind: AuthenticatorKind
    code: str
    seconds_left: int


def seed_of(serial: str) -> bytes:
    """Give the seed of a demo device, the same on every machine.

    Bytes: 20, HMAC-SHA-256 of the serial number, cut off.
    """
    return hmac.new(SEED_KEY, serial.encode("ascii"), hashlib.sha256).digest()[:SEED_BYTES]


def display_of(serial: str, *, now: datetime) -> Display:
    """Tell what the code device with this serial number shows or speaks at ``now`` (RFC 6238)."""
    step = int(now.timestamp()) // STEP_SECONDS
    return Display(
        serial=serial,
        kind=kind_of(serial),
        code=f"{_code(seed_of(serial), step):0{DIGITS}}",
        seconds_left=STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS,
    )


def _code(seed: bytes, step: int) -> int:
    code: int = hotp(seed, step, DIGITS)  # type: ignore[no-untyped-call]  # django-otp has no types
    return code


def kind_of(serial: str) -> AuthenticatorKind:
    """Tell which kind of code device has this serial number."""
    return AuthenticatorKind.AUDIO_READER if serial.startswith(READERS) else AuthenticatorKind.CODE_DISPLAY


def stock_serial(number: int) -> str:
    """Give the serial number of a device of the office's stock, counted from 1."""
    return f"KV-1000-{number:04}"


def own_serial(number: int) -> str:
    """Give the serial number of a code display that a ready-made person has, counted from 1."""
    return f"KV-0900-{number:04}"


def reader_serial(number: int) -> str:
    """Give the serial number of an audio code reader that a ready-made person has, counted from 1."""
    return f"{READERS}0900-{number:04}"


def stock_size() -> int:
    """Count the stock devices that were ever registered; they are numbered without gaps.

    Doubling and halving: a dozen look-ups by serial number instead of a list of every device there is.
    """
    if device_state(stock_serial(1)) is None:
        return 0
    there, not_there = 1, 2
    while not_there < MOST_IN_A_SERIES and device_state(stock_serial(not_there)) is not None:
        there, not_there = not_there, not_there * 2
    while not_there - there > 1:
        middle = (there + not_there) // 2
        if device_state(stock_serial(middle)) is None:
            not_there = middle
        else:
            there = middle
    return there
