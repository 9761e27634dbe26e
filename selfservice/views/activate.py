"""Activation of a code display."""

from typing import Any, assert_never

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import PublicPage, note_wrong_try, source_may_try
from identities.api import Activated, ActivationRefused, PasswordRefused
from selfservice.forms import ActivateForm
from selfservice.texts import ACTIVATION_REFUSED, PASSWORD_REFUSALS, TOO_MANY_TRIES_FROM_HERE
from selfservice.usecases.activate import activate

ACT = "activate"


class ActivatePage(PublicPage, FormMixin[ActivateForm], ProcessFormView):
    """User ID, paper code, device code and a new password make an authenticator (SEC-4)."""

    template_name = "selfservice/activate.html"
    form_class = ActivateForm

    def form_valid(self, form: ActivateForm) -> HttpResponse:
        """Activate; a refusal says what to do, not which part was wrong (TRY-2)."""
        if not source_may_try(self.request, ACT):
            form.add_error(None, str(TOO_MANY_TRIES_FROM_HERE))
            return self.form_invalid(form)
        typed = form.cleaned_data
        outcome = activate(
            user_id=typed["user_id"],
            activation_code=typed["activation_code"],
            device_code=typed["device_code"],
            password=typed["password"],
            now=self.now,
        )
        match outcome:
            case Activated():
                return redirect("selfservice:activated")
            case PasswordRefused(reason=reason):
                form.add_error("password", str(PASSWORD_REFUSALS[reason]))
            case ActivationRefused():
                note_wrong_try(self.request, ACT)
                form.add_error(None, str(ACTIVATION_REFUSED))
            case _:
                assert_never(outcome)
        return self.form_invalid(form)


class ActivatedPage(PublicPage):
    """It worked; what comes next."""

    template_name = "selfservice/activated.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page."""
        return self.render_to_response(self.get_context_data())
