"""Django's cache in Valkey, with one client a thread: to make one took longer than what it then asks."""

from functools import cached_property
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient


class _KeptClients(RedisCacheClient):
    """Clients are kept; their connections come from the same pools as ever."""

    @cached_property
    def _clients(self) -> dict[Any, Any]:
        return {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:  # noqa: ARG002 - Django's own
        """Give the client of the server that is to be asked."""
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]  # the stubs leave it out
        client = self._clients.get(pool)
        if client is None:
            client = self._clients[pool] = self._client(connection_pool=pool)  # type: ignore[attr-defined]  # as above
        return client


class Cache(RedisCache):
    """The cache."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _KeptClients
