"""The day by which codes and costs are counted: Denmark's."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

DENMARK: Final = ZoneInfo("Europe/Copenhagen")


def day_began(now: datetime) -> datetime:
    """Give the midnight before ``now`` in Denmark."""
    return datetime.combine(now.astimezone(DENMARK).date(), time(0), tzinfo=DENMARK)


def day_ends(now: datetime) -> datetime:
    """Give the midnight after ``now`` in Denmark; a day has 23 to 25 hours."""
    return datetime.combine(now.astimezone(DENMARK).date() + timedelta(days=1), time(0), tzinfo=DENMARK)
