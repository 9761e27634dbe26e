"""Tells the workers that there is something to deliver, without ever making the teller wait.

The outbox is the truth: a wake-up that does not get through costs the seconds until the next sweep.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import celery
from kombu import Connection
from kombu.exceptions import KombuError
from kombu.pools import producers

from notifications.states import Priority

logger = logging.getLogger(__name__)

TASK: Final = "notifications.deliver"
DRAIN_TASK: Final = "notifications.drain"
PATIENCE_SECONDS: Final = 0.5  # for each step of talking to the broker
REST_SECONDS: Final = 5.0  # after a failure nobody tries: a request must not pay for each of its messages
WAKE_UP_LASTS_SECONDS: Final = 60  # the sweep has found the row long before
_CELERY_PRIORITY: Final = {Priority.CODE: 0, Priority.ALERT: 3, Priority.NEWS: 6}  # 0 goes first on Redis


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


def wake(deliveries: Sequence[tuple[UUID, Priority]], *, lasts_seconds: int = WAKE_UP_LASTS_SECONDS) -> bool:
    """Hand the broker one task a delivery; give up at the first that it does not take.

    Returns: whether the broker took all of them.
    """
    return _told(
        [(TASK, [str(delivery_id)], _CELERY_PRIORITY[priority]) for delivery_id, priority in deliveries], lasts_seconds
    )


def wake_to_drain(*, workers: int, lasts_seconds: int) -> bool:
    """Hand the broker tasks that work the outbox off by what is due, not by an id.

    They go first, as codes do: behind wake-ups that nobody needs any more they would not begin before those are gone.
    """
    return _told([(DRAIN_TASK, [], _CELERY_PRIORITY[Priority.CODE])] * workers, lasts_seconds)


def _told(tasks: Sequence[tuple[str, list[str], int]], lasts_seconds: int) -> bool:
    if rest.is_on():
        return False
    try:
        with producers[_connection()].acquire(block=True, timeout=PATIENCE_SECONDS) as producer:
            for name, arguments, priority in tasks:
                celery.current_app.signature(name, args=arguments).apply_async(
                    producer=producer, expires=lasts_seconds, priority=priority, retry=False
                )
    except (KombuError, OSError) as fault:
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
