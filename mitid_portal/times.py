"""How an instant and a date are written for people: in the active language, in Copenhagen's time.

A leaf like the clock: every app's pages may read it, and it imports nothing of ours.
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.dates import MONTHS
from django.utils.timezone import is_naive
from django.utils.translation import get_language, pgettext

COPENHAGEN: Final = ZoneInfo("Europe/Copenhagen")


def danish_time(instant: datetime | None) -> str:
    """Give date and clock time in Copenhagen, in the active language; nothing for ``None``.

    Returns: '23. november 2026 kl. 13.00' or '23 November 2026 at 13:00'. In the hour that the clock passes
             twice in October the text says which is meant: a wait of one hour may well begin there.
    Raises:  ValueError for a naive time, which is a fault in the page.
    """
    if instant is None:
        return ""
    if is_naive(instant):
        raise ValueError("A naive time has no place on a page.")
    local = instant.astimezone(COPENHAGEN)
    day = danish_date(local.date())
    text = f"{day} kl. {local:%H.%M}" if _is_danish() else f"{day} at {local:%H:%M}"
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return text
    season = pgettext("clock", "summer time") if local.dst() else pgettext("clock", "winter time")
    return f"{text} ({season})"


def danish_date(day: date | None) -> str:
    """Give a date in the active language, an instant's date in Copenhagen; nothing for ``None``.

    Returns: '23. november 2026' or '23 November 2026'.
    Raises:  ValueError for a naive time, which is a fault in the page.
    """
    if day is None:
        return ""
    if isinstance(day, datetime):
        if is_naive(day):
            raise ValueError("A naive time has no place on a page.")
        day = day.astimezone(COPENHAGEN).date()
    dot = "." if _is_danish() else ""
    return f"{day.day}{dot} {MONTHS[day.month]} {day.year}"


def _is_danish() -> bool:
    return (get_language() or "da").startswith("da")
