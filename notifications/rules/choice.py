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


REPORTS_WITHIN: Final = timedelta(minutes=5)  # of a provider that gives receipts, some have come by then
LEAST_TAKEN: Final = 20  # messages of which none was reported on: fewer say nothing
MOST_UNDELIVERED_SHARE: Final = 0.5  # of the reports; phones that are off are far fewer


@dataclass(frozen=True)
class Answers:
    """What a provider answered in a minute; an answer may be both failed and slow.

    ``taken`` counts the messages that it took and will report on, none where it reports nothing; ``delivered`` and
    ``undelivered`` what it reported in that minute.
    """

    minute: datetime
    count: int
    failed: int
    slow: int
    taken: int = 0
    delivered: int = 0
    undelivered: int = 0


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

    Rule:  what is taken must arrive as well (``arrives``). Beyond that a provider is left when a quarter of its answers
           in 15 minutes, or half of those in three, failed or came slowly; some good answers lately, and no other,
           bring it back at once.
    Times: the minutes are told by their beginnings.
    """
    if not arrives(answers, now=now):
        return False
    lately = now - LATELY
    recent = sum(one.count for one in answers if one.minute >= lately)
    share_lately = bad_share(answers, since=lately)
    if recent >= LEAST_GOOD_ANSWERS and share_lately == 0:
        return True
    if recent >= LEAST_ANSWERS and share_lately >= MOST_BAD_SHARE_LATELY:
        return False
    count = sum(one.count for one in answers if one.minute >= now - WINDOW)
    return count < LEAST_ANSWERS or bad_share(answers, since=now - WINDOW) < MOST_BAD_SHARE


def arrives(answers: Sequence[Answers], *, now: datetime) -> bool:
    """Tell whether what a provider takes seems to reach people.

    Rule:  not where half of its reports say that nothing arrived, nor where it took many messages some time ago and
           reports on none.
    """
    window = [one for one in answers if one.minute >= now - WINDOW]
    undelivered = sum(one.undelivered for one in window)
    reports = undelivered + sum(one.delivered for one in window)
    if reports == 0:
        return sum(one.taken for one in window if one.minute < now - REPORTS_WITHIN) < LEAST_TAKEN
    return reports < LEAST_ANSWERS or undelivered / reports < MOST_UNDELIVERED_SHARE
