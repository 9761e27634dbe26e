"""Nonces: made by us, taken once, worth nothing after five minutes (RFC 8555 section 6.5).

A nonce carries its own proof, so that making one stores nothing; only taking one leaves a mark, in the cache. The
phone's clock plays no part. The mark is all that stands between a request and its replay, so a cache that is away is no
reason to go on (the views answer 503), and a cache that lost its memory has lost its era too: every nonce of the era
before is refused, used or not.
"""

import secrets
from base64 import urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache
from django.utils.crypto import constant_time_compare, salted_hmac
from joserfc.util import urlsafe_b64decode

LASTS_FOR: Final = timedelta(minutes=5)
CLOCKS_DIFFER_BY: Final = timedelta(minutes=1)  # ours among each other, never the phone's
LENGTH: Final = 80
ERA_KEY: Final = "app-nonces.era"
MARK_KEY: Final = "app-nonces.taken."
ERA_BYTES: Final = 12
RANDOM_BYTES: Final = 10
MAC_BYTES: Final = 32


def current_era() -> bytes:
    """Give the era of the cache's memory; a request that takes a nonce and gives one asks once.

    Raises: RedisError when the cache is away.
    """
    era = cache.get(ERA_KEY)
    if era is None:
        cache.add(ERA_KEY, secrets.token_bytes(ERA_BYTES), timeout=None)
        era = cache.get(ERA_KEY)
    if not isinstance(era, bytes):  # a cache that keeps nothing: then no nonce is ever the right one
        return secrets.token_bytes(ERA_BYTES)
    return era


def new_nonce(*, now: datetime, era: bytes | None = None) -> str:
    """Make a nonce, of the era that was read, or else of the present one.

    Raises: RedisError when the cache is away.
    Bytes:  80 characters of base64url: seconds (6), era (12), random (10), HMAC-SHA256 (32).
    """
    said = _seconds(now).to_bytes(6, "big") + (era or current_era()) + secrets.token_bytes(RANDOM_BYTES)
    return urlsafe_b64encode(said + _mac(said)).decode("ascii")


def take_nonce(nonce: str, *, now: datetime, era: bytes | None = None) -> bool:
    """Use a nonce up; False when it is not ours, too old, of another era, or was used before.

    Raises: RedisError when the cache is away.
    """
    said = _said(nonce)
    if said is None:
        return False
    age = _seconds(now) - int.from_bytes(said[:6], "big")
    if not -CLOCKS_DIFFER_BY.total_seconds() <= age < LASTS_FOR.total_seconds():
        return False
    if said[6 : 6 + ERA_BYTES] != (era or current_era()):
        return False
    outlives_it = LASTS_FOR + 2 * CLOCKS_DIFFER_BY
    return bool(cache.add(f"{MARK_KEY}{nonce}", 1, int(outlives_it.total_seconds())))


def _said(nonce: str) -> bytes | None:
    """Give what a nonce says, when it is one of ours."""
    if len(nonce) != LENGTH or not nonce.isascii():
        return None
    try:
        whole = urlsafe_b64decode(nonce.encode("ascii"))
    except NotBase64:
        return None
    said, mac = whole[:-MAC_BYTES], whole[-MAC_BYTES:]
    return said if constant_time_compare(mac, _mac(said)) else None


def _mac(said: bytes) -> bytes:
    return salted_hmac("app_api.nonce", said, algorithm="sha256").digest()


def _seconds(now: datetime) -> int:
    return int(now.timestamp())
