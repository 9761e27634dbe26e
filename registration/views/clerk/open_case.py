"""A citizen comes to the desk."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from registration.forms import OpenCaseForm
from registration.usecases.open_case import open_case
from registration.views.base import ClerkPage


class OpenCasePage(ClerkPage, FormMixin[OpenCaseForm], ProcessFormView):
    """What the citizen has come for."""

    template_name = "registration/open_case.html"
    form_class = OpenCaseForm

    def form_valid(self, form: OpenCaseForm) -> HttpResponse:
        """Open a case and go on to the person."""
        case_id = open_case(
            officer_id=self.officer.id,
            purpose=form.cleaned_data["purpose"],
            language=form.cleaned_data["language"],
            now=self.now,
        )
        return redirect("registration:case-person", case_id=case_id)
