"""The seals over the log."""

import re
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.api import SealState
from mitid_portal.times import danish_time
from registration.usecases.view_seals import view_seals
from registration.views.base import AuditorPage
from registration.views.rows import Row

LINES: Final = 25


class SealsPage(AuditorPage):
    """How sealing stands, the latest seals, and the latest looks through the whole log."""

    template_name = "registration/auditor_seals.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a page of seals."""
        before = _cursor(request.GET.get("before", ""))
        page = view_seals(officer_id=self.officer.id, before=before, limit=LINES, now=self.now)
        here = reverse("registration:log-seals")
        context = self.get_context_data(
            state=page.state,
            rows=_rows(page.state),
            seals=page.seals,
            verifications=page.verifications,
            has_findings=bool(page.verifications) and page.verifications[0].findings > 0,
            older_url=f"{here}?before={page.older}" if page.older else "",
            newest_url=here if before else "",
        )
        return self.render_to_response(context)


def _rows(state: SealState) -> list[Row]:
    return [
        Row(_("Last seal"), "" if state.number is None else str(state.number)),
        Row(_("Sealed"), danish_time(state.at)),
        Row(_("Events that no seal covers yet"), str(state.waiting)),
    ]


def _cursor(text: str) -> int | None:
    # A mangled address shows the newest.
    return int(text) if re.fullmatch(r"[1-9]\d{0,17}", text, re.ASCII) else None
