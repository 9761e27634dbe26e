"""Tells the workers that there is something to deliver, without ever making the teller wait.

The outbox is the truth: a wake-up that does not get through costs the seconds until the next sweep.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import celery
from kombu import Connection, Producer
from kombu.exceptions import KombuError
from kombu.pools import producers
from redis import Redis
from redis.exceptions import RedisError

from notifications.states import Priority

logger = logging.getLogger(__name__)

TASK: Final = "notifications.deliver"
DRAIN_TASK: Final = "notifications.drain"
WAITING: Final = "notifications:drain-is-waiting"  # at the broker, so that it is lost with the queue
PATIENCE_SECONDS: Final = 0.5  # for each step of talking to the broker
REST_SECONDS: Final = 5.0  # after a failure nobody tries: a request must not pay for each of its messages
WAKE_UP_LASTS_SECONDS: Final = 60  # a worker that was away reads it; the sweep has found the row long before
_CELERY_PRIORITY: Final = {Priority.CODE: 0, Priority.ALERT: 3, Priority.NEWS: 6}  # 0 goes first on Redis
Task = tuple[str, list[str], int]
_DRAIN: Final[Task] = (DRAIN_TASK, [], _CELERY_PRIORITY[Priority.CODE])


@dataclass
class _Rest:
    """Until when this process leaves the broker alone."""

    until: float = 0.0

    def is_on(self) -> bool:
        return time.monotonic() < self.until

    def begin(self) -> None:
        self.until = time.monotonic() + REST_SECONDS

    def end(self) -> None:
        self.until = 0.0


rest = _Rest()


def wake() -> bool:
    """Have a worker look for what is due; the broker is handed a task only when none is waiting already.

    Whoever begins to look says so first (``begin_to_look``), and finds all that was committed before that.

    Returns: whether the broker answered.
    """

    def tell(producer: Producer) -> None:
        if _server(producer).set(WAITING, b"1", nx=True, ex=WAKE_UP_LASTS_SECONDS):
            _publish(producer, [_DRAIN], WAKE_UP_LASTS_SECONDS)

    return _told(tell)


def wake_anyway(deliveries: Sequence[tuple[UUID, Priority]], *, lasts_seconds: int) -> bool:
    """Have a worker look for what is due, even if one was told so, and others try ``deliveries`` by their ids.

    Looking goes first, as codes do: behind wake-ups that nobody needs any more it would begin only when those are gone.

    Returns: whether the broker took all of it.
    """
    by_id: list[Task] = [(TASK, [str(id_)], _CELERY_PRIORITY[priority]) for id_, priority in deliveries]
    return _told(lambda producer: _publish(producer, [_DRAIN, *by_id], lasts_seconds))


def begin_to_look() -> bool:
    """What is committed from now on wakes somebody again; False when the broker did not hear of it."""

    def tell(producer: Producer) -> None:
        _server(producer).delete(WAITING)

    return _told(tell)


def _server(producer: Producer) -> Redis:
    """Give the client of the broker, which is Valkey, as impatient as the producer's connection."""
    server: Redis = producer.channel.client  # type: ignore[union-attr]  # kombu's channels differ by broker
    return server


def _publish(producer: Producer, tasks: Sequence[Task], lasts_seconds: int) -> None:
    for name, arguments, priority in tasks:
        celery.current_app.signature(name, args=arguments).apply_async(
            producer=producer, expires=lasts_seconds, priority=priority, retry=False
        )


def _told(tell: Callable[[Producer], None]) -> bool:
    if rest.is_on():
        return False
    try:
        with producers[_connection()].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            tell(producer)
    except (KombuError, RedisError, OSError) as fault:
        rest.begin()
        logger.warning("The broker took no wake-up (%s); the sweep will find what is due.", type(fault).__name__)
        return False
    rest.end()
    return True


def _connection() -> Connection:
    """Describe a connection as impatient as a web request must be; connections are pooled by description."""
    connection: Connection = celery.current_app.connection_for_write(
        connect_timeout=PATIENCE_SECONDS,
        transport_options={
            "socket_connect_timeout": PATIENCE_SECONDS,
            "socket_timeout": PATIENCE_SECONDS,
            "max_retries": 0,
        },
    )
    return connection
