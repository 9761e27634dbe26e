"""A line of a summary list, as components/summary_list.html shows it."""

from dataclasses import dataclass

from selfservice.texts import Text


@dataclass(frozen=True, kw_only=True)
class Row:
    """A label, what stands under it, and where it is changed."""

    label: Text
    value: Text
    url: str = ""
    action: Text = ""
