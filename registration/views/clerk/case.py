"""One case."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from registration.states import CasePurpose, CaseState, Verdict
from registration.views.authenticators import entries
from registration.views.base import CasePage
from registration.views.rows import case_rows, person_rows, progress_of


class CaseOverviewPage(CasePage):
    """What stands in the case, and what comes next."""

    template_name = "registration/case.html"

    @property
    def _is_examined(self) -> bool:
        return self.case.state is CaseState.EXAMINED

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the case."""
        return self.render_to_response(
            self.get_context_data(
                progress=progress_of(self.case),
                has_failed=self.case.verdict is Verdict.FAILED,
                case_rows=case_rows(self.case),
                person_rows=person_rows(self.case.person) if self.case.person else [],
                authenticators=entries(
                    self.case.authenticators,
                    block_at="registration:case-block-authenticator",
                    reopen_at="registration:case-reopen-authenticator" if self._is_examined else "",
                    case_id=self.case_id,
                ),
                may_resync=self._is_examined and bool(self.case.authenticators),
                may_replace_contacts=self._is_examined and self.case.purpose is CasePurpose.REOPEN,
                may_block=self.case.identity_id is not None and not self.case.is_shut,
                is_own_approval=self.case.first_officer_identity_id == self.identity_id,
            )
        )
