"""A blocked identity is reopened."""

from typing import Any, assert_never

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from registration.texts import STEP_REFUSALS
from registration.usecases.approve_and_issue import Approved
from registration.usecases.approve_and_reopen import AwaitsSecond, approve_and_reopen
from registration.usecases.results import StepRefused
from registration.usecases.second_approve import second_approve
from registration.views.base import CasePage
from registration.views.rows import case_rows, person_rows, progress_of, replaces_contacts


class ApprovalPage(CasePage):
    """Shows what is about to be approved."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what is about to be approved."""
        rows = (person_rows(self.case.person) if self.case.person else []) + case_rows(self.case)
        is_own_approval = self.case.first_officer_identity_id == self.identity_id
        return self.render_to_response(
            self.get_context_data(
                rows=rows,
                progress=progress_of(self.case),
                is_own_approval=is_own_approval,
                replaces_contacts=replaces_contacts(self.case),
            )
        )


class ReopenPage(ApprovalPage):
    """The clerk approves."""

    template_name = "registration/reopen.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Reopen, or send the case on to a second officer."""
        outcome = approve_and_reopen(officer_id=self.officer.id, case_id=self.case_id, now=self.now)
        match outcome:
            case Approved():
                messages.success(request, _("The identity is open again."))
            case AwaitsSecond():
                messages.info(request, _("A second officer must approve, because fraud was suspected."))
            case StepRefused(reason=reason):
                messages.error(request, STEP_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return redirect("registration:case", case_id=self.case_id)


class SecondPage(ApprovalPage):
    """A second officer approves."""

    template_name = "registration/second.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Reopen with two officers' names on it."""
        outcome = second_approve(officer_id=self.officer.id, case_id=self.case_id, now=self.now)
        match outcome:
            case Approved():
                messages.success(request, _("The identity is open again."))
            case StepRefused(reason=reason):
                messages.error(request, STEP_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return redirect("registration:case", case_id=self.case_id)
