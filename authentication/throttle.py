"""Wrong tries counted by where they come from, in the cache (TRY-2).

The counters of the factors stand in their rows and hold without these; so a cache that is gone lets people in, and
is logged. What is counted is a keyed hash of the address, never the address.
"""

import logging
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

WINDOW_SECONDS: Final = 600
IPV6_PREFIX: Final = 64

logger = logging.getLogger(__name__)


def source_may_try(request: HttpRequest, act: str, *, most: int | None = None) -> bool:
    """Tell whether so few tries of ``act`` came from the request's source that another one is heard."""
    limit: int = settings.WRONG_TRIES_PER_SOURCE if most is None else most
    try:
        return int(cache.get(_key(request, act), 0)) < limit
    except RedisError:
        logger.warning("Counters by source are out of reach; the factors' own counters hold.")
        return True


def note_wrong_try(request: HttpRequest, act: str) -> None:
    """Count one try of ``act`` from the request's source, for ten minutes."""
    try:
        cache.add(_key(request, act), 0, WINDOW_SECONDS)
        cache.incr(_key(request, act))
    except (RedisError, ValueError):
        logger.warning("A wrong try was not counted by source; the factor's own counter has it.")


def source_of(request: HttpRequest) -> str:
    """Give what stands for where a request comes from, in counters and rows.

    An IPv6 customer has a whole /64 to choose addresses from, so that is one source.

    Bytes: 64 hexadecimal digits of an HMAC; the address cannot be read from it.
    """
    return salted_hmac("throttle.source", _network(source_address(request)), algorithm="sha256").hexdigest()


def source_address(request: HttpRequest) -> str:
    """Give the address that a request came from, as far as our own proxies vouch for it."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    ours: int = settings.TRUSTED_PROXIES
    if ours and len(hops) >= ours:
        return hops[-ours]
    return str(request.META.get("REMOTE_ADDR", ""))


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, IPV6_PREFIX), strict=False))


def _key(request: HttpRequest, act: str) -> str:
    return f"tries:{act}:{source_of(request)}"
