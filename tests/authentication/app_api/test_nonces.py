"""Nonces: ours, young, and once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from redis.exceptions import RedisError

from authentication.app_api.nonces import ERA_KEY, LASTS_FOR, LENGTH, MARK_KEY, new_nonce, take_nonce


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()


def seconds_left(key):
    return cache._cache.get_client().ttl(cache.make_key(key))


def test_a_nonce_is_taken_once(now):
    nonce = new_nonce(now=now)
    assert len(nonce) == LENGTH
    assert take_nonce(nonce, now=now)
    assert not take_nonce(nonce, now=now)
    assert take_nonce(new_nonce(now=now), now=now)


def test_a_nonce_lives_five_minutes(now):
    late = now + LASTS_FOR
    assert take_nonce(new_nonce(now=now), now=late - timedelta(seconds=1))
    assert not take_nonce(new_nonce(now=now), now=late)


def test_servers_whose_clocks_differ_by_a_minute_take_each_others(now):
    assert take_nonce(new_nonce(now=now), now=now - timedelta(minutes=1))
    assert not take_nonce(new_nonce(now=now), now=now - timedelta(minutes=1, seconds=1))


def test_its_mark_outlives_it(now):
    nonce = new_nonce(now=now)
    take_nonce(nonce, now=now - timedelta(minutes=1))
    assert seconds_left(f"{MARK_KEY}{nonce}") > (LASTS_FOR + timedelta(minutes=1)).seconds


@pytest.mark.parametrize(
    "nonce", ["", "x", "A" * LENGTH, "A" * (LENGTH - 1), "\u00e6" * LENGTH, "=" * LENGTH, "A" * 10_000]
)
def test_what_we_did_not_make_is_not_taken(now, nonce):
    assert not take_nonce(nonce, now=now)


@pytest.mark.parametrize("at", [0, 7, 8, 20, 30, 40, 60, LENGTH - 1])
def test_an_altered_nonce_is_not_taken(now, at):
    nonce = new_nonce(now=now)
    assert not take_nonce(nonce[:at] + ("A" if nonce[at] != "A" else "B") + nonce[at + 1 :], now=now)


def test_another_deployments_nonce_is_foreign(now, settings):
    settings.SECRET_KEY = "another-deployment-" + "0123456789" * 4
    foreign = new_nonce(now=now)
    settings.SECRET_KEY = "only-for-tests-" + "0123456789" * 4
    assert not take_nonce(foreign, now=now)


def test_a_cache_that_lost_its_memory_takes_none_of_before(now):
    """Else every request of the last five minutes could be played again."""
    used, unused = new_nonce(now=now), new_nonce(now=now)
    assert take_nonce(used, now=now)
    cache.clear()
    assert not take_nonce(used, now=now)
    assert not take_nonce(unused, now=now)
    assert take_nonce(new_nonce(now=now), now=now)


def test_an_era_has_no_end_of_its_own(now):
    new_nonce(now=now)
    assert seconds_left(ERA_KEY) == -1


def test_a_cache_that_is_away_is_no_open_door(now, settings):
    nonce = new_nonce(now=now)
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"},
    }
    with pytest.raises(RedisError):
        take_nonce(nonce, now=now)
    with pytest.raises(RedisError):
        new_nonce(now=now)


def test_fifty_at_once_take_it_once(now):
    nonce = new_nonce(now=now)
    start = threading.Barrier(50)

    def take(_):
        start.wait()
        try:
            return take_nonce(nonce, now=now)
        finally:
            for pool in cache._cache._pools.values():  # this thread's own
                pool.disconnect()

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(take, range(50))) == 1
