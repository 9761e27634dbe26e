"""Whether two samples of times are of one kind: the Mann-Whitney test, which asks nothing of how they are spread.

Mann and Whitney, "On a test of whether one of two random variables is stochastically larger than the other", Annals of
Mathematical Statistics 18 (1947), 50-60; with the normal approximation and its correction for ties (Lehmann,
"Nonparametrics", 1975, section 1.4), which are as good as exact for samples of more than twenty.
"""

from collections.abc import Sequence
from itertools import groupby
from math import erfc, sqrt


def p_value(first: Sequence[float], second: Sequence[float]) -> float:
    """Give how probable so large a difference is if there is none, on either side."""
    n, m = len(first), len(second)
    marked = sorted([(value, True) for value in first] + [(value, False) for value in second])
    rank_sum, ties, before = 0.0, 0, 0
    for _, group in groupby(marked, key=lambda pair: pair[0]):
        members = [is_first for _, is_first in group]
        count = len(members)
        rank_sum += sum(members) * (before + (count + 1) / 2)
        ties += count**3 - count
        before += count
    u = rank_sum - n * (n + 1) / 2
    total = n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance == 0:
        return 1.0
    z = max(0.0, abs(u - n * m / 2) - 0.5) / sqrt(variance)
    return erfc(z / sqrt(2))
