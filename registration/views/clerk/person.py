"""Who stands at the desk."""

from typing import assert_never

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from registration.forms import PersonForm
from registration.registers.base import RegisterUnavailable
from registration.texts import PERSON_REFUSALS, STEP_REFUSALS
from registration.usecases.look_up_citizen import LookedUp, PersonRefused, look_up_citizen
from registration.usecases.results import StepRefused
from registration.views.base import CasePage


class PersonPage(CasePage, FormMixin[PersonForm], ProcessFormView):
    """The civil register is asked."""

    template_name = "registration/person.html"
    form_class = PersonForm

    def form_valid(self, form: PersonForm) -> HttpResponse:
        """Look the person up and go on to the passport."""
        try:
            outcome = look_up_citizen(
                officer_id=self.officer.id,
                case_id=self.case_id,
                cpr_number=form.cleaned_data["cpr_number"],
                now=self.now,
            )
        except RegisterUnavailable:
            return self.register_away(form)
        match outcome:
            case LookedUp(name=name):
                messages.success(self.request, _("The civil register knows %(name)s.") % {"name": name})
                return redirect("registration:case-passport", case_id=self.case_id)
            case PersonRefused(reason=reason):
                form.add_error("cpr_number", PERSON_REFUSALS[reason])
            case StepRefused(reason=step):
                form.add_error(None, STEP_REFUSALS[step])
            case _:
                assert_never(outcome)
        return self.form_invalid(form)
