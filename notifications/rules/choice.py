"""Whether a provider of text messages is well enough to be preferred."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WINDOW: Final = timedelta(minutes=15)
LATELY: Final = timedelta(minutes=3)
LEAST_ANSWERS: Final = 10  # fewer say nothing
LEAST_GOOD_ANSWERS: Final = 3  # lately and without one that was bad: the provider is back
MOST_BAD_SHARE: Final = 0.25  # of the answers in the window
MOST_BAD_SHARE_LATELY: Final = 0.5  # an outage shows here long before it shows in a window full of good minutes


@dataclass(frozen=True)
class Answers:
    """What a provider answered in a minute; an answer may be both failed and slow."""

    minute: datetime
    count: int
    failed: int
    slow: int


def bad_share(answers: Sequence[Answers], *, since: datetime) -> float:
    """Give the share of answers that were failed or slow, from 0 to 1; 0 when there were none.

    Failed and slow are counted apart, so that what was both is bad once: the larger of the two counts.
    """
    lately = [one for one in answers if one.minute >= since]
    count = sum(one.count for one in lately)
    bad = max(sum(one.failed for one in lately), sum(one.slow for one in lately))
    return bad / count if count else 0.0


def is_well(answers: Sequence[Answers], *, now: datetime) -> bool:
    """Tell whether a provider may be preferred, from its minutes.

    Rule:  a provider is left when a quarter of its answers in 15 minutes, or half of those in three, failed or came
           slowly; some good answers lately, and no other, bring it back at once.
    Times: the minutes are told by their beginnings.
    """
    lately = now - LATELY
    recent = sum(one.count for one in answers if one.minute >= lately)
    share_lately = bad_share(answers, since=lately)
    if recent >= LEAST_GOOD_ANSWERS and share_lately == 0:
        return True
    if recent >= LEAST_ANSWERS and share_lately >= MOST_BAD_SHARE_LATELY:
        return False
    count = sum(one.count for one in answers if one.minute >= now - WINDOW)
    return count < LEAST_ANSWERS or bad_share(answers, since=now - WINDOW) < MOST_BAD_SHARE
