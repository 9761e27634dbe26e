"""Operations hear of a day on which text messages cost much."""

import logging
from datetime import datetime

from notifications.rules.cost import WARN_AT_PERCENT, Spending
from notifications.watching import MICRO, spent_today

logger = logging.getLogger(__name__)


def watch_cost(*, now: datetime) -> Spending:
    """The log file says so as long as the day's cost is near its ceiling or over it.

    Rule: codes to numbers that nobody has proven stop at the ceiling (``notifications.throttle``), alerts never do.
    """
    spent = spent_today(now=now)
    cost, ceiling = spent.cost_micro // MICRO, spent.ceiling_micro // MICRO
    if spent.spending is Spending.HIGH:
        logger.warning("Text messages cost %s today, over %s %% of the ceiling of %s.", cost, WARN_AT_PERCENT, ceiling)
    elif spent.spending is Spending.OVER:
        logger.critical(
            "Text messages cost %s today, and the ceiling is %s: codes to new numbers are refused; alerts go on.",
            cost,
            ceiling,
        )
    return spent.spending
