"""Where the columns of a small chart stand: numbers in, places in a box out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 480
HEIGHT: Final = 96
GAP: Final = 2


@dataclass(frozen=True)
class Column:
    """A column of two parts, the bad one on top. Units: of the box, whose y grows downwards."""

    x: float
    width: float
    good_y: float
    good_height: float
    bad_y: float
    bad_height: float


def columns(counts: Sequence[tuple[int, int]]) -> list[Column]:
    """Place a column for each (good, bad), side by side, the tallest as high as the box.

    Any number above nothing is seen: it has a unit of height at least.
    """
    tallest = max((good + bad for good, bad in counts), default=0)
    step = WIDTH / max(len(counts), 1)
    return [
        _column(good, bad, at=number * step, step=step, tallest=tallest) for number, (good, bad) in enumerate(counts)
    ]


def _column(good: int, bad: int, *, at: float, step: float, tallest: int) -> Column:
    bad_height = _height(bad, tallest)
    good_height = min(_height(good, tallest), HEIGHT - bad_height)
    good_y = HEIGHT - good_height
    return Column(
        x=round(at + GAP / 2, 2),
        width=round(step - GAP, 2),
        good_y=round(good_y, 2),
        good_height=round(good_height, 2),
        bad_y=round(good_y - bad_height, 2),
        bad_height=round(bad_height, 2),
    )


def _height(count: int, tallest: int) -> float:
    return max(1.0, HEIGHT * count / tallest) if count else 0.0


def percent(part: int, whole: int) -> int | None:
    """Give a share in whole percent, 100 and 0 only when it is all or none; None of nothing."""
    if whole == 0:
        return None
    if part in {0, whole}:
        return 100 * part // whole
    return min(99, max(1, round(100 * part / whole)))
