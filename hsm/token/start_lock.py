"""One process of a machine at a time starts its session or makes a key: those that race fail."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings

from hsm.errors import HsmUnavailable

WAIT_SECONDS: Final = 2.0  # a start takes some 10 ms; and less than a call may take
PAUSE_SECONDS: Final = 0.005


@contextmanager
def start_lock(*, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the machine's lock on the module.

    Raises: HsmUnavailable when another process holds it for too long.
    """
    file = Path(settings.VAR_DIR) / "hsm.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lock:
        deadline = time.monotonic() + wait_seconds
        while not _is_taken(lock.fileno()):
            if time.monotonic() > deadline:
                raise HsmUnavailable("Another process has been starting its session for too long.")
            time.sleep(PAUSE_SECONDS)
        yield  # closing the file gives the lock back


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
