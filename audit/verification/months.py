"""Which partition a run of missing rows lay in: pure."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from audit.verification.rules import Run

PARENT: Final = "audit_auditevent"
OTHER: Final = f"{PARENT}_other"
"""The default partition."""

_NAME: Final = re.compile(rf"{PARENT}_y(\d{{4}})m(\d{{2}})")


@dataclass(frozen=True)
class Bounds:
    """A run, and the instants between which its rows were written as far as what is left tells."""

    run: Run
    not_before: datetime
    not_after: datetime


def partition_of(at: datetime) -> str:
    """Name the partition of the month of an instant."""
    return at.astimezone(UTC).strftime(f"{PARENT}_y%Ym%m")


def month_of(partition: str) -> tuple[int, int] | None:
    """Read a partition's month; ``None`` when it is not one month's."""
    found = _NAME.fullmatch(partition)
    return None if found is None else (int(found[1]), int(found[2]))


def partitions_between(first: datetime, last: datetime) -> Iterator[str]:
    """Name the partitions of the months from one instant to another."""
    start, end = first.astimezone(UTC), last.astimezone(UTC)
    for month in range(start.year * 12 + start.month - 1, end.year * 12 + end.month):
        yield partition_of(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC))


def dropped_partition(bounds: Bounds, *, attached: Collection[str], months_in_other: Collection[str]) -> str | None:
    """Name the partition that went with a run of rows; ``None`` when all that may have held them are there.

    A month without a partition of its own whose rows lie in the default one was never made, so it was not dropped.
    """
    for partition in partitions_between(bounds.not_before, bounds.not_after):
        if partition not in attached and partition not in months_in_other:
            return partition
    return None if OTHER in attached else OTHER
