"""What templates may ask for beyond Django's own tags: Danish times and the links of an error summary."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import template
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxSelectMultiple,
    MultiWidget,
    RadioSelect,
    SelectDateWidget,
)

from mitid_portal.times import danish_date, danish_time

register = template.Library()
register.filter(danish_time)
register.filter(danish_date)


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
