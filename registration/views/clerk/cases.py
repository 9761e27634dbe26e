"""The office's queue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from registration import texts
from registration.queries import queue_of
from registration.texts import Text
from registration.views.base import ClerkPage

LINES = 20


@dataclass(frozen=True)
class Line:
    """A case in the queue."""

    url: str
    purpose: Text
    state: Text
    opened_at: datetime


class CasesPage(ClerkPage):
    """The live cases of the clerk's own office, the newest first."""

    template_name = "registration/cases.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show one page of the list."""
        before = _cursor(request.GET.get("before", ""))
        found = queue_of(self.officer.office_id, before=before, limit=LINES + 1)
        lines = [
            Line(
                url=reverse("registration:case", kwargs={"case_id": case.id}),
                purpose=texts.PURPOSES[case.purpose],
                state=texts.CASE_STATES[case.state],
                opened_at=case.opened_at,
            )
            for case in found[:LINES]
        ]
        here = reverse("registration:cases")
        older_url = f"{here}?before={found[LINES - 1].id}" if len(found) > LINES else ""
        return self.render_to_response(
            self.get_context_data(lines=lines, older_url=older_url, newest_url=here if before else "")
        )


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None  # a mangled address shows the newest
