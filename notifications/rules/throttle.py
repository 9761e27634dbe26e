"""How many codes may go out: to one number that is not proven, for one identity, by one hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


class ThrottleReason(StrEnum):
    """What so many codes have come to, or gone out by, that no further one does."""

    ADDRESS = "address"
    REFERENCE = "reference"
    SOURCE = "source"
    COST = "cost"


@dataclass(frozen=True)
class Limit:
    """At most so many codes within a time."""

    most: int
    within: timedelta


# The acts have limits of their own, which are narrower for one owner: five proofs of a contact an hour (CHG-1), three
# temporary PINs (TRY-2). These hold across acts, owners and offices: whoever goes from one to the next meets them.
LIMITS: Final[Mapping[ThrottleReason, tuple[Limit, ...]]] = {
    ThrottleReason.ADDRESS: (Limit(10, HOUR), Limit(20, DAY)),  # of whoever says that it is theirs, while not proven
    ThrottleReason.REFERENCE: (Limit(10, HOUR), Limit(20, DAY)),
    ThrottleReason.SOURCE: (Limit(60, HOUR), Limit(300, DAY)),  # an officer at a desk serves many
}
MOST_LOOKED_AT: Final[Mapping[ThrottleReason, int]] = {
    reason: max(limit.most for limit in limits) for reason, limits in LIMITS.items()
}


def next_at(sent: Sequence[datetime], limits: Sequence[Limit], *, now: datetime) -> datetime | None:
    """Tell when a further code may go out, None for now.

    Rule:  TRY-2. At most ``most`` codes in any ``within``, which is half-open: at its end the oldest counts no more.
    Times: ``sent`` is the newest first, and has at least as many as the largest limit, if there were so many.
    """
    waits = [
        sent[limit.most - 1] + limit.within
        for limit in limits
        if len(sent) >= limit.most and now < sent[limit.most - 1] + limit.within
    ]
    return max(waits, default=None)
