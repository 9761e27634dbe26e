"""Signs of life of the two background processes, each given by the process itself.

Neither speaks for the other: the worker's comes from a timer in the worker, beat's from its scheduler. They are kept
in the cache and expire there, in real time, whatever the demo's clock says.
"""

import logging
from enum import StrEnum
from typing import Any, Final

from celery import bootsteps
from celery.beat import Scheduler
from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

EVERY_SECONDS: Final = 2
ALIVE_FOR_SECONDS: Final = 10


class Process(StrEnum):
    """A background process that health watches."""

    WORKER = "worker"
    BEAT = "beat"


def note_life(process: Process) -> None:
    """The process counts as alive for the next ``ALIVE_FOR_SECONDS``, unless the cache is away."""
    try:
        cache.set(_key(process), "alive", timeout=ALIVE_FOR_SECONDS)
    except RedisError as error:
        # The process itself goes on; health shows the cache, and so this process, as down.
        logger.warning("The sign of life of %s could not be written: %s", process.value, type(error).__name__)


def is_alive(process: Process) -> bool:
    """Whether the process gave a sign of life lately.

    Raises: RedisError when the cache is away.
    """
    return cache.get(_key(process)) is not None


def _key(process: Process) -> str:
    return f"heartbeat:{process.value}"


class WorkerHeartbeat(bootsteps.StartStopStep):
    """A timer in the worker's event loop, set anew with each connection to the broker.

    It stops when the loop hangs, and Celery clears it when the connection is lost.
    """

    requires = ("celery.worker.consumer.connection:Connection",)

    def start(self, parent: Any) -> None:
        """Give a sign of life now and then."""
        note_life(Process.WORKER)
        parent.timer.call_repeatedly(EVERY_SECONDS, note_life, (Process.WORKER,), priority=10)

    def stop(self, parent: Any) -> None:
        """Leave the last sign of life to run out: another worker may be giving its own."""


class WatchedScheduler(Scheduler):
    """Celery's scheduler in memory, which gives a sign of life at every tick.

    Nothing of its schedule outlives it: our periodic tasks find their work in the database, so a restart may begin
    anew, and there is no file that a crash could damage.
    """

    max_interval = EVERY_SECONDS

    def setup_schedule(self) -> None:
        """Take the schedule from the settings."""
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due and give a sign of life.

        Returns: the seconds until the next tick.
        """
        note_life(Process.BEAT)
        seconds: float = super().tick(*args, **kwargs)
        return seconds
