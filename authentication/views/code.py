"""Second step of a log-in: the code of the code display."""

from typing import assert_never

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.forms import CodeForm
from authentication.outcomes import DeviceAccepted, LoginRefused
from authentication.states import LoginRefusal
from authentication.texts import FROM_HERE_TOO_MANY, NOT_ACCEPTED_CODE
from authentication.throttle import note_wrong_try, source_may_try, source_of
from authentication.usecases.give_code import give_code
from authentication.views.flow import start_over
from authentication.views.step import ACT, LoginStepPage


class CodePage(LoginStepPage, FormMixin[CodeForm], ProcessFormView):
    """What the device shows."""

    template_name = "authentication/code.html"
    form_class = CodeForm

    def form_valid(self, form: CodeForm) -> HttpResponse:
        """Go on to the password, stay, or start over."""
        if not source_may_try(self.request, ACT):
            form.add_error(None, FROM_HERE_TOO_MANY)
            return self.form_invalid(form)
        outcome = give_code(
            request_id=self.request_id,
            code=form.cleaned_data["code"],
            source=source_of(self.request),
            now=self.now,
        )
        match outcome:
            case DeviceAccepted():
                return redirect("authentication:password")
            case LoginRefused(reason=LoginRefusal.NOT_ACCEPTED):
                note_wrong_try(self.request, ACT)
                form.add_error("code", NOT_ACCEPTED_CODE)
                return self.form_invalid(form)
            case LoginRefused(reason=reason):
                note_wrong_try(self.request, ACT)
                return start_over(self.request, reason)
            case _:
                assert_never(outcome)
