"""Control questions: which to ask, and how a round stands (REG-3, REG-6)."""

from collections.abc import Sequence
from typing import Final

from registration.states import Verdict

ASKED: Final = 3  # REG-6
NEEDED_RIGHT: Final = 2  # REG-6
MOST_ASKED: Final = 4  # REG-6: one more after two wrong


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
