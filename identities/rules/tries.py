"""What wrong codes and passwords lead to (TRY-1, TRY-2)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

TRIES: Final = 3  # TRY-1
PAUSES: Final = (timedelta(minutes=10), timedelta(hours=1))  # TRY-1


@dataclass(frozen=True, kw_only=True)
class Tries:
    """The counter of one factor."""

    wrong_in_a_row: int = 0
    pauses_taken: int = 0
    paused_until: datetime | None = None
    is_blocked: bool = False


NO_TRIES: Final = Tries()


def is_paused(tries: Tries, *, now: datetime) -> bool:
    """Tell whether the factor is suspended at ``now``; at ``paused_until`` it no longer is."""
    return tries.paused_until is not None and now < tries.paused_until


def after_wrong_try(tries: Tries, *, may_block: bool, now: datetime) -> Tries:
    """Give the counter after one more wrong try.

    Rule: TRY-1: three in a row pause the factor for 10 minutes, three more for an hour, three more block it.
          TRY-2: ``may_block`` is false where a stranger who knows only the user ID can be the one who tries;
          the factor is then paused for an hour again instead.
    """
    wrong = tries.wrong_in_a_row + 1
    if wrong < TRIES:
        return replace(tries, wrong_in_a_row=wrong)
    if tries.pauses_taken >= len(PAUSES) and may_block:
        return replace(tries, wrong_in_a_row=0, is_blocked=True)
    pause = PAUSES[min(tries.pauses_taken, len(PAUSES) - 1)]
    return replace(
        tries,
        wrong_in_a_row=0,
        pauses_taken=min(tries.pauses_taken + 1, len(PAUSES)),
        paused_until=now + pause,
    )
