"""Waiting for web processes that leave a module alone for a moment after it was away."""

import time
from collections.abc import Callable

from mitid_portal.demo.walkthrough.visitor import StoryFailed

BREAKER_SECONDS = 12.0  # the longest that a process leaves the module alone, and a little


def once_it_is_back(act: Callable[[], object]) -> None:
    """The act succeeded: at once, or when the process that answers has found the module again."""
    deadline = time.monotonic() + BREAKER_SECONDS
    while True:
        try:
            act()
        except StoryFailed:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
        else:
            return
