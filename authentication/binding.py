"""Words that bind browser, app and request, and look-ups of words that are not kept: all keyed, none stored.

What the browser shows (token, short code) is made anew from the request's nonce whenever it is needed, so that no
table holds it; who reads the database has none of it without the key.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import log
from typing import Final, TypeVar
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

from authentication.states import BoundBy
from identities.api import ACTIVATION_ALPHABET, normal_activation_code

Choice = TypeVar("Choice")
TOKEN_BYTES: Final = 24
SHORT_CODE_LENGTH: Final = 8
GROUP: Final = 4


@dataclass(frozen=True)
class Binding:
    """What an app names to be bound to a browser, and where it says that it has it from."""

    by: BoundBy
    word: str


def qr_token_of(request_id: UUID, nonce: bytes) -> str:
    """Give what the QR code carries: the request's id, a full stop, and 32 characters of base64url."""
    return _token("authentication.qr_token", request_id, nonce)


def button_token_of(request_id: UUID, nonce: bytes) -> str:
    """Give what the button on the same phone carries; of the form of the QR code's, and another."""
    return _token("authentication.button_token", request_id, nonce)


def short_code_of(request_id: UUID, nonce: bytes) -> str:
    """Give what is typed where scanning is impossible: 8 characters without look-alikes, 23^8 of them."""
    return _letters(_digest("authentication.short_code", request_id.bytes + nonce))


def grouped(code: str) -> str:
    """Write a code as people read it: in groups of four."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def binds(binding: Binding, *, request_id: UUID, nonce: bytes) -> bool:
    """Tell whether a word is this request's, of the kind that it is said to be; a short code however it was spaced.

    Rule: APR-4. The QR code's token is worth nothing as the button's, nor the other way round.
    """
    match binding.by:
        case BoundBy.SCANNED:
            return constant_time_compare(binding.word.strip(), qr_token_of(request_id, nonce))
        case BoundBy.PRESSED:
            return constant_time_compare(binding.word.strip(), button_token_of(request_id, nonce))
        case BoundBy.TYPED:
            return constant_time_compare(normal_activation_code(binding.word), short_code_of(request_id, nonce))


def chip_challenge_of(nonce: bytes) -> bytes:
    """Give the chip's challenge of a request; not the nonce itself, which the app signs over. Bytes: 32."""
    return sha256(b"chip" + nonce).digest()


def browser_index(token: str) -> str:
    """Give what is kept of a known browser's cookie: 64 hexadecimal digits."""
    return _digest("authentication.browser", token.encode()).hex()


def opening_code_index(identity_id: UUID, code: str) -> str:
    """Give what is kept of an opening code: 64 hexadecimal digits."""
    return _digest("authentication.opening_code", identity_id.bytes + normal_activation_code(code).encode()).hex()


def stable_choice(subject: UUID, weights: Mapping[Choice, int]) -> Choice:
    """Choose one for a subject, always the same, each as often as it weighs, and so that nobody can foretell which.

    It is the first in an order of the subject's own, so that what is chosen among few is what would be chosen among
    more, wherever it is one of the few: as it is with somebody's, who used one of them last. The order is drawn as
    Efraimidis and Spirakis do ("Weighted random sampling with a reservoir", 2006), its chance a keyed hash.

    Rule: TRY-2.
    """

    def place(item: Choice) -> float:
        digest = _digest("authentication.choice", subject.bytes + str(item).encode())
        chance = (int.from_bytes(digest[:8], "big") + 1) / (2**64 + 1)
        return -log(chance) / weights[item]

    return min(weights, key=place)


def _token(salt: str, request_id: UUID, nonce: bytes) -> str:
    digest = _digest(salt, request_id.bytes + nonce)[:TOKEN_BYTES]
    return f"{request_id}.{urlsafe_b64encode(digest).decode()}"


def _digest(salt: str, value: bytes) -> bytes:
    return salted_hmac(salt, value, algorithm="sha256").digest()


def _letters(digest: bytes) -> str:
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(SHORT_CODE_LENGTH):
        number, at = divmod(number, len(ACTIVATION_ALPHABET))
        letters.append(ACTIVATION_ALPHABET[at])
    return "".join(letters)
