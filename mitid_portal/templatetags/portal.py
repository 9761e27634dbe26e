"""What templates may ask for beyond Django's own tags: Danish times and the links of an error summary."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxSelectMultiple,
    MultiWidget,
    RadioSelect,
    SelectDateWidget,
)
from django.utils.dates import MONTHS
from django.utils.timezone import is_naive
from django.utils.translation import get_language, pgettext

register = template.Library()

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@register.filter
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


@register.filter
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


@dataclass(frozen=True)
class ErrorLink:
    """One line of an error summary: what is wrong, and the id of its input (empty: the whole form)."""

    text: str
    target: str


@register.filter
def error_links(form: BaseForm | None) -> list[ErrorLink]:
    """List every error of a form in the order of the page, each with the id of the input it is about."""
    return [] if form is None else list(_error_links(form))


@register.filter
def first_input_id(field: BoundField) -> str:
    """Give the id of the input that a link to this field must reach.

    A group of radio buttons or checkboxes has no input of its own id; its first one can take the focus.
    """
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple | MultiWidget):
        return f"{field.auto_id}_0"
    if isinstance(widget, SelectDateWidget):
        first: str = field.subwidgets[0].data["subwidgets"][0]["attrs"]["id"]  # the order is the language's
        return first
    return field.auto_id


def _error_links(form: BaseForm) -> Iterator[ErrorLink]:
    for text in form.non_field_errors():
        yield ErrorLink(text=str(text), target="")
    for field in form:
        target = "" if field.is_hidden else first_input_id(field)
        # 'Must be filled in' alone, ten times over, would not say what must be.
        about = "" if field.is_hidden or not field.label else _lead_in(str(field.label))
        for text in field.errors:
            yield ErrorLink(text=f"{about}{text}", target=target)


def _lead_in(label: str) -> str:
    return f"{label} " if label[-1] in "?!.:" else f"{label}: "


def _is_danish() -> bool:
    return (get_language() or "da").startswith("da")
