"""The identity is issued."""

from typing import Any, assert_never

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import AlreadyIssued, ContactNotProven, UserIdRefused
from registration.forms import IssueForm
from registration.states import PersonRefusal
from registration.texts import CONTACTS_MISSING, PERSON_REFUSALS, STEP_REFUSALS, USER_ID_REFUSALS
from registration.usecases.approve_and_issue import Approved, approve_and_issue
from registration.usecases.results import StepRefused
from registration.views.base import CasePage
from registration.views.rows import case_rows, person_rows, progress_of


class IssuePage(CasePage, FormMixin[IssueForm], ProcessFormView):
    """The citizen has chosen a user ID."""

    template_name = "registration/issue.html"
    form_class = IssueForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show once more what is about to be approved."""
        rows = (person_rows(self.case.person) if self.case.person else []) + case_rows(self.case)
        return super().get_context_data(rows=rows, progress=progress_of(self.case), **kwargs)

    def form_valid(self, form: IssueForm) -> HttpResponse:
        """Issue the identity and go on to the code display."""
        outcome = approve_and_issue(
            officer_id=self.officer.id,
            case_id=self.case_id,
            user_id=form.cleaned_data["user_id"],
            now=self.now,
        )
        match outcome:
            case Approved():
                messages.success(self.request, _("The identity is issued."))
                return redirect("registration:case-device", case_id=self.case_id)
            case UserIdRefused(reason=reason):
                form.add_error("user_id", USER_ID_REFUSALS[reason])
            case AlreadyIssued():
                form.add_error(None, PERSON_REFUSALS[PersonRefusal.HAS_IDENTITY])
            case ContactNotProven(kind=kind):
                form.add_error(None, CONTACTS_MISSING[kind])
            case StepRefused(reason=step):
                form.add_error(None, STEP_REFUSALS[step])
            case _:
                assert_never(outcome)
        return self.form_invalid(form)
