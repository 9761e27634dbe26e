"""A clerk has a code device's clock found again."""

from typing import assert_never

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from registration.device_forms import TwoCodesForm
from registration.states import CaseState
from registration.texts import STEP_REFUSALS
from registration.usecases.results import StepRefused
from registration.usecases.resync_in_case import ClockFound, resync_in_case
from registration.views.base import CasePage


class CaseResyncPage(CasePage, FormMixin[TwoCodesForm], ProcessFormView):
    """Two codes in a row, for a citizen whose identity is proven."""

    template_name = "registration/case_resync.html"
    form_class = TwoCodesForm

    def load(self) -> None:
        """Find the case; only in one that is examined is there somebody to do it for."""
        super().load()
        if self.case.identity_id is None or self.case.is_shut or self.case.state is not CaseState.EXAMINED:
            raise Http404

    def form_valid(self, form: TwoCodesForm) -> HttpResponse:
        """Find the clock, and go back to the case."""
        outcome = resync_in_case(
            officer_id=self.officer.id,
            case_id=self.case_id,
            first_code=form.cleaned_data["first_code"],
            second_code=form.cleaned_data["second_code"],
            now=self.now,
        )
        match outcome:
            case ClockFound():
                messages.success(self.request, _("The device's clock is found again. Its codes are accepted."))
                return redirect("registration:case", case_id=self.case_id)
            case StepRefused(reason=reason):
                form.add_error(None, STEP_REFUSALS[reason])
                return self.form_invalid(form)
            case _:
                assert_never(outcome)
