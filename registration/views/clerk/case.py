"""One case."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from registration.states import Verdict
from registration.views.base import CasePage
from registration.views.rows import case_rows, person_rows, progress_of


class CaseOverviewPage(CasePage):
    """What stands in the case, and what comes next."""

    template_name = "registration/case.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the case."""
        return self.render_to_response(
            self.get_context_data(
                progress=progress_of(self.case),
                has_failed=self.case.verdict is Verdict.FAILED,
                case_rows=case_rows(self.case),
                person_rows=person_rows(self.case.person) if self.case.person else [],
                is_own_approval=self.case.first_officer_identity_id == self.identity_id,
            )
        )
