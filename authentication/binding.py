"""Words that bind browser, app and request, and look-ups of words that are not kept: all keyed, none stored.

What the browser shows (token, short code) is made anew from the request's nonce whenever it is needed, so that no
table holds it; who reads the database has none of it without the key.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, TypeVar
from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

from identities.api import ACTIVATION_ALPHABET, normal_activation_code

Choice = TypeVar("Choice")
TOKEN_BYTES: Final = 24
SHORT_CODE_LENGTH: Final = 8
GROUP: Final = 4


def token_of(request_id: UUID, nonce: bytes) -> str:
    """Give what the QR code carries: the request's id, a full stop, and 32 characters of base64url."""
    digest = _digest("authentication.token", request_id.bytes + nonce)[:TOKEN_BYTES]
    return f"{request_id}.{urlsafe_b64encode(digest).decode()}"


def short_code_of(request_id: UUID, nonce: bytes) -> str:
    """Give what is typed where scanning is impossible: 8 characters without look-alikes, 23^8 of them."""
    return _letters(_digest("authentication.short_code", request_id.bytes + nonce))


def grouped(code: str) -> str:
    """Write a code as people read it: in groups of four."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def binds(typed: str, *, request_id: UUID, nonce: bytes) -> bool:
    """Tell whether a token or a short code, however it was spaced, is this request's (APR-4)."""
    is_token = constant_time_compare(typed.strip(), token_of(request_id, nonce))
    return constant_time_compare(normal_activation_code(typed), short_code_of(request_id, nonce)) or is_token


def chip_challenge_of(nonce: bytes) -> bytes:
    """Give the chip's challenge of a request; not the nonce itself, which the app signs over. Bytes: 32."""
    return sha256(b"chip" + nonce).digest()


def browser_index(token: str) -> str:
    """Give what is kept of a known browser's cookie: 64 hexadecimal digits."""
    return _digest("authentication.browser", token.encode()).hex()


def opening_code_index(identity_id: UUID, code: str) -> str:
    """Give what is kept of an opening code: 64 hexadecimal digits."""
    return _digest("authentication.opening_code", identity_id.bytes + normal_activation_code(code).encode()).hex()


def made_up_subject(folded_user_id: str) -> UUID:
    """Give what stands for a user ID that nobody has: always the same, and no identity's id (TRY-2).

    Identities have UUIDs of version 7; this is of version 8 (RFC 9562 section 5.8).
    """
    digest = bytearray(_digest("authentication.subject", folded_user_id.encode())[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))


def stable_choice(subject: UUID, among: Sequence[Choice]) -> Choice:
    """Choose one for a subject, always the same, and so that nobody can tell beforehand which (TRY-2).

    It is the first in an order of the subject's own, so that what is chosen among few is what would be chosen among
    more, wherever it is one of the few: as it is with somebody's, who used one of them last.
    """
    return min(among, key=lambda item: _digest("authentication.choice", subject.bytes + str(item).encode()))


def _digest(salt: str, value: bytes) -> bytes:
    return salted_hmac(salt, value, algorithm="sha256").digest()


def _letters(digest: bytes) -> str:
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(SHORT_CODE_LENGTH):
        number, at = divmod(number, len(ACTIVATION_ALPHABET))
        letters.append(ACTIVATION_ALPHABET[at])
    return "".join(letters)
