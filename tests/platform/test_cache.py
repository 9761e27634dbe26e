"""The cache keeps its client."""

from threading import Thread

from django.core.cache import cache, caches
from django.test import override_settings

from mitid_portal.cache import Cache


def test_what_is_kept_is_read_again():
    cache.set("a", {"b": 1})
    assert cache.get("a") == {"b": 1}
    assert isinstance(caches["default"], Cache)


def test_a_thread_makes_one_client():
    clients = {id(cache._cache.get_client("a", write=write)) for write in (True, False)}
    assert len(clients) == 1


def test_threads_share_no_client():
    found = []
    threads = [Thread(target=lambda: found.append(cache._cache.get_client("a"))) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()
    assert found[0] is not found[1]


def test_each_server_has_its_own_client(settings):
    address = settings.CACHES["default"]["LOCATION"]
    several = {"default": settings.CACHES["default"] | {"LOCATION": [address, address]}}
    with override_settings(CACHES=several):
        to_write, to_read = (caches["default"]._cache.get_client("a", write=write) for write in (True, False))
        assert to_write is not to_read
        assert to_write is caches["default"]._cache.get_client("b", write=True)
