"""What a day of text messages may cost."""

from enum import IntEnum
from typing import Final

WARN_AT_PERCENT: Final = 80


class Spending(IntEnum):
    """How near the day's cost is to its ceiling; the numbers are what the metric shows."""

    NORMAL = 0
    HIGH = 1
    OVER = 2


def cost_of(*, told_micro: int, segments: int, messages: int, micro_a_segment: int) -> int:
    """Give what a day has cost so far, never less than what is known.

    A provider tells a price late or never, so what the parts would cost at the price of the contract counts when
    that is more; a message has one part at least.

    Units: millionths of the provider's currency.
    """
    return max(told_micro, max(segments, messages) * micro_a_segment)


def spending(*, cost_micro: int, ceiling_micro: int) -> Spending:
    """Tell how near the cost is to the ceiling; 0 is none."""
    if ceiling_micro <= 0 or cost_micro * 100 < ceiling_micro * WARN_AT_PERCENT:
        return Spending.NORMAL
    return Spending.OVER if cost_micro >= ceiling_micro else Spending.HIGH
