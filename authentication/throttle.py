"""Wrong tries counted by where they come from, in the cache (TRY-2).

The counters of the factors stand in their rows and hold without these; so a cache that is gone lets people in, and
is logged. What is counted is a keyed hash of the address, never the address.
"""

import logging
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

WINDOW_SECONDS: Final = 600

logger = logging.getLogger(__name__)


def source_may_try(request: HttpRequest, act: str) -> bool:
    """Tell whether so few wrong tries of ``act`` came from the request's address that another one is heard."""
    try:
        most: int = settings.WRONG_TRIES_PER_SOURCE
        return int(cache.get(_key(request, act), 0)) < most
    except RedisError:
        logger.warning("Counters by source are out of reach; the factors' own counters hold.")
        return True


def note_wrong_try(request: HttpRequest, act: str) -> None:
    """Count one wrong try of ``act`` from the request's address, for ten minutes."""
    try:
        cache.add(_key(request, act), 0, WINDOW_SECONDS)
        cache.incr(_key(request, act))
    except (RedisError, ValueError):
        logger.warning("A wrong try was not counted by source; the factor's own counter has it.")


def source_address(request: HttpRequest) -> str:
    """Give the address that a request came from, as far as our own proxies vouch for it."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    ours: int = settings.TRUSTED_PROXIES
    if ours and len(hops) >= ours:
        return hops[-ours]
    return str(request.META.get("REMOTE_ADDR", ""))


def _key(request: HttpRequest, act: str) -> str:
    return "tries:" + salted_hmac(f"throttle.{act}", source_address(request), algorithm="sha256").hexdigest()
