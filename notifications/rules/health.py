"""When an answer of a provider counts as slow."""

from datetime import timedelta
from typing import Final

SLOW_AFTER: Final = timedelta(seconds=5)


def is_slow(took: timedelta) -> bool:
    """Tell whether a provider took so long that another may serve better."""
    return took >= SLOW_AFTER
