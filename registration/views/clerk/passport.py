"""What proves who it is."""

from typing import Any, assert_never

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from registration.forms import PassportForm
from registration.registers.base import RegisterUnavailable
from registration.rules.mrz import NotRead
from registration.texts import MRZ_FAULTS, PASSPORT_REFUSALS, STEP_REFUSALS
from registration.usecases.record_passport import PassportRecorded, PassportRefused, record_passport
from registration.usecases.results import StepRefused
from registration.views.base import CasePage
from registration.views.rows import person_rows, progress_of


class PassportPage(CasePage, FormMixin[PassportForm], ProcessFormView):
    """The passport's machine-readable zone is typed in and held against the registers."""

    template_name = "registration/passport.html"
    form_class = PassportForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the person beside the form, to compare with."""
        rows = person_rows(self.case.person) if self.case.person else []
        return super().get_context_data(person_rows=rows, progress=progress_of(self.case), **kwargs)

    def form_valid(self, form: PassportForm) -> HttpResponse:
        """Record the passport and go on to the questions."""
        try:
            outcome = record_passport(
                officer_id=self.officer.id,
                case_id=self.case_id,
                line_1=form.cleaned_data["line_1"],
                line_2=form.cleaned_data["line_2"],
                is_photo_compared=form.cleaned_data["is_photo_compared"],
                now=self.now,
            )
        except RegisterUnavailable:
            return self.register_away(form)
        match outcome:
            case PassportRecorded():
                messages.success(self.request, _("The passport is on record."))
                return redirect("registration:case-questions", case_id=self.case_id)
            case NotRead(line=line, fault=fault):
                form.add_error(f"line_{line}", MRZ_FAULTS[fault])
            case PassportRefused(reason=reason):
                form.add_error(None, PASSPORT_REFUSALS[reason])
            case StepRefused(reason=step):
                form.add_error(None, STEP_REFUSALS[step])
            case _:
                assert_never(outcome)
        return self.form_invalid(form)
