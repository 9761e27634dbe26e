"""What happened to the identity."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from audit.api import events_about
from authentication.api import CitizenPage
from selfservice.activity import GROUP_NAMES, kinds_of, line_of
from selfservice.forms import PagePositionForm
from selfservice.states import EventGroup

LINES_A_PAGE = 25


class ActivityPage(CitizenPage):
    """The newest first, by groups, in pages that go on from the last line's id (SLF-1)."""

    template_name = "selfservice/activity.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a page of the list."""
        position = PagePositionForm(request.GET)
        if not position.is_valid():
            raise Http404
        group = _group(position.cleaned_data["group"])
        before = position.cleaned_data["before"]
        events = events_about(subject_id=self.identity_id, kinds=kinds_of(group), before=before, limit=LINES_A_PAGE + 1)
        shown = events[:LINES_A_PAGE]
        has_older = len(events) > LINES_A_PAGE
        context = self.get_context_data(
            lines=[line_of(event) for event in shown],
            groups=_group_links(group),
            older_url=_address(group, shown[-1].id) if has_older else "",
            newest_url=_address(group) if before else "",
        )
        return self.render_to_response(context)


def _group(name: str) -> EventGroup | None:
    """Read a group's name from the address."""
    if not name:
        return None
    group = next((group for group in EventGroup if group.value == name), None)
    if group is None:
        raise Http404
    return group


def _group_links(chosen: EventGroup | None) -> list[dict[str, object]]:
    groups: list[EventGroup] = list(EventGroup)
    return [{"value": group.value, "name": GROUP_NAMES[group], "is_chosen": group is chosen} for group in groups]


def _address(group: EventGroup | None, before: int | None = None) -> str:
    query = {"group": group.value} if group else {}
    address = reverse("selfservice:activity")
    parts: dict[str, str | int] = {**query, **({"before": before} if before else {})}
    return f"{address}?{urlencode(parts)}" if parts else address
