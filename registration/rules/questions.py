"""Control questions: which to ask, and how a round stands (REG-3, REG-6)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from registration.states import Verdict

ASKED: Final = 3  # REG-6
NEEDED_RIGHT: Final = 2  # REG-6
MOST_ASKED: Final = 4  # REG-6: one more after two wrong
FAILURES_LAST: Final = timedelta(hours=24)  # a new case or call is no new chance
WRONG_IN_ALL: Final = 2  # so many wrong answers in rounds that were not passed are a failed round, or one broken off


def verdict_of(answers: Sequence[bool | None]) -> Verdict:
    """Tell how a round stands; an answer of None is still outstanding.

    Rule: REG-6: three are asked, two must be right. Who had two wrong and one right is asked one more; who had
          none right cannot reach two any more.
    """
    if len(answers) < ASKED or None in answers:
        return Verdict.GOING
    right = sum(answer is True for answer in answers)
    if right >= NEEDED_RIGHT:
        return Verdict.PASSED
    if len(answers) == ASKED and right + 1 == NEEDED_RIGHT:
        return Verdict.ONE_MORE
    return Verdict.FAILED


def has_failed_lately(*, wrong_answers: int) -> bool:
    """Tell whether a person's chances are spent: ``wrong_answers`` in the last day's other rounds, passed ones aside.

    Rule: REG-6, SUP-1. A round that is broken off before its last answer counts as one that was failed.
    """
    return wrong_answers >= WRONG_IN_ALL
