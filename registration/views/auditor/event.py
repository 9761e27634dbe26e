"""One event of the log."""

from typing import Any, assert_never

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from mitid_portal.times import danish_time
from registration.usecases.search_log import LogRefused
from registration.usecases.view_log_event import EventNotThere, EventShown, view_log_event
from registration.views.auditor.lines import Line, key_in, lines_of, url_of_event
from registration.views.base import AuditorPage
from registration.views.rows import Row


class LogEventPage(AuditorPage):
    """An event whole, with those about the same subject that came before and after it."""

    template_name = "registration/auditor_event.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the event; the auditor's own are as good as none (REG-10)."""
        key = key_in(self.kwargs["key"])
        if key is None:
            raise Http404
        outcome = view_log_event(officer_id=self.officer.id, key=key, now=self.now)
        match outcome:
            case EventShown(line=line, earlier=earlier, later=later):
                (shown,) = lines_of([line])
                context = self.get_context_data(
                    line=shown,
                    rows=_rows(shown, number=line.id),
                    earlier_url=url_of_event(earlier),
                    later_url=url_of_event(later),
                )
                return self.render_to_response(context)
            case EventNotThere() | LogRefused():
                raise Http404
            case _:
                assert_never(outcome)


def _rows(line: Line, *, number: int) -> list[Row]:
    seal = _("Not yet sealed") if line.seal is None else str(line.seal)
    return [
        Row(_("Number"), str(number)),
        Row(_("Time"), danish_time(line.at)),
        Row(_("To the microsecond, UTC"), f"{line.at:%Y-%m-%d %H:%M:%S.%f}"),
        Row(_("Kind"), line.kind),
        Row(_("Who"), line.actor),
        Row(_("Reference of who"), str(line.actor_id or ""), line.actor_url, _("Search")),
        Row(_("Office"), line.office),
        Row(_("About"), str(line.subject_id or ""), line.subject_url, _("Search")),
        *(Row(name, value) for name, value in line.facts),
        Row(_("Seal"), seal),
    ]
