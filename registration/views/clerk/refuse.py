"""A case ends without an identity."""

from typing import Any, assert_never

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from registration.forms import RefuseForm
from registration.queries import refusal_of
from registration.states import RefusalReason
from registration.texts import REFUSAL_REASONS, STEP_REFUSALS
from registration.usecases.cancel_case import cancel_case
from registration.usecases.refuse_case import refuse_case
from registration.usecases.results import Ended, StepRefused
from registration.views.base import CasePage


class RefusePage(CasePage, FormMixin[RefuseForm], ProcessFormView):
    """The clerk gives the reason."""

    template_name = "registration/refuse.html"
    form_class = RefuseForm

    def form_valid(self, form: RefuseForm) -> HttpResponse:
        """Refuse, and show the letter."""
        outcome = refuse_case(
            officer_id=self.officer.id,
            case_id=self.case_id,
            reason=RefusalReason(form.cleaned_data["reason"]),
            now=self.now,
        )
        match outcome:
            case Ended():
                return redirect("registration:case-refusal", case_id=self.case_id)
            case StepRefused(reason=reason):
                form.add_error(None, STEP_REFUSALS[reason])
                return self.form_invalid(form)
            case _:
                assert_never(outcome)


class RefusalPage(CasePage):
    """The decision as the citizen takes it home: the reason, and how to complain (REG-12)."""

    template_name = "registration/refusal.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the letter."""
        refusal = refusal_of(self.case_id, now=self.now)
        if refusal is None:
            raise Http404
        reason = REFUSAL_REASONS[refusal.reason]
        return self.render_to_response(self.get_context_data(refusal=refusal, reason=reason))


class CancelCasePage(CasePage):
    """The case is given up."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Give the case up and go back to the queue."""
        outcome = cancel_case(officer_id=self.officer.id, case_id=self.case_id, now=self.now)
        match outcome:
            case Ended():
                messages.success(request, _("The case is given up."))
            case StepRefused(reason=reason):
                messages.error(request, STEP_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return redirect("registration:cases")
