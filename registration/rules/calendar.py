"""Dates as people in Denmark count them."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

DENMARK: Final = ZoneInfo("Europe/Copenhagen")


def danish_date(instant: datetime) -> date:
    """Give the date in Denmark at an instant: the day by which documents and rights run out."""
    return instant.astimezone(DENMARK).date()


def age_on(*, born_on: date, today: date) -> int:
    """Give the age in whole years. Who was born on 29 February grows older on 1 March of other years."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
