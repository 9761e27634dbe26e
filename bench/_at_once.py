"""Several requests at the same moment, each over a connection of its own."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any


def all_answered_after(acts: Sequence[Callable[[], Any]]) -> float:
    """Begin all at once, and give how many seconds it was until the last had its answer."""
    barrier = Barrier(len(acts))

    def act(one: Callable[[], Any]) -> tuple[float, float]:
        barrier.wait()
        begun = time.perf_counter()
        one()
        return begun, time.perf_counter()

    with ThreadPoolExecutor(len(acts)) as pool:
        spans = list(pool.map(act, acts))
    return max(end for _, end in spans) - min(begun for begun, _ in spans)
