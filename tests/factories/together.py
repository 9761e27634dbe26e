"""Acts that begin at the same moment, each in a thread and on a connection of its own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Final, TypeVar

from django.db import OperationalError, connection

Outcome = TypeVar("Outcome")
A_FEW: Final = 4  # for as many there are connections, so that nothing comes between the start and the act
PATIENCE_SECONDS: Final = 300  # until a test that hangs is given up; a busy machine takes its time


def at_once(*acts: Callable[[], Outcome]) -> list[Outcome]:
    """Let all acts begin at once; gives what each gave, in their order.

    A process has fewer connections than a crowd has threads: there, whoever finds none waits on, and acts then.
    """
    barrier = Barrier(len(acts), timeout=PATIENCE_SECONDS)

    def run(act: Callable[[], Outcome]) -> Outcome:
        if len(acts) <= A_FEW:
            with _patient_connection():
                barrier.wait()
                return act()
        barrier.wait()
        with _patient_connection():
            return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [future.result(timeout=PATIENCE_SECONDS) for future in [threads.submit(run, act) for act in acts]]


@contextmanager
def _patient_connection() -> Iterator[None]:
    """Hold a connection whose statements wait for a lock as long as a busy machine needs."""
    try:
        _connect()
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{PATIENCE_SECONDS}s'; SET statement_timeout = '{PATIENCE_SECONDS}s'")
        yield
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout; RESET statement_timeout")
    finally:
        connection.close()


def _connect() -> None:
    """Wait for a place in the pool, which sends away whoever waited for three seconds."""
    for _ in range(PATIENCE_SECONDS):
        try:
            connection.ensure_connection()
        except OperationalError:
            continue
        return
    connection.ensure_connection()
