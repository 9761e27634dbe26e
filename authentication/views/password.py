"""Last step of a log-in: the password."""

from typing import assert_never

from django.http import HttpResponse
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.forms import PasswordForm
from authentication.outcomes import LoggedIn, LoginRefused
from authentication.states import LoginRefusal
from authentication.texts import FROM_HERE_TOO_MANY, NOT_ACCEPTED_PASSWORD
from authentication.throttle import note_wrong_try, source_may_try
from authentication.usecases.give_password import give_password
from authentication.views.flow import start_over
from authentication.views.letting_in import browser_token_of, let_in
from authentication.views.step import ACT, LoginStepPage


class PasswordPage(LoginStepPage, FormMixin[PasswordForm], ProcessFormView):
    """What only the citizen knows."""

    template_name = "authentication/password.html"
    form_class = PasswordForm
    may_turn_back = False

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        """Let the citizen in, stay, or start over."""
        if not source_may_try(self.request, ACT):
            form.add_error(None, FROM_HERE_TOO_MANY)
            return self.form_invalid(form)
        outcome = give_password(
            request_id=self.request_id,
            password=form.cleaned_data["password"],
            browser_token=browser_token_of(self.request),
            now=self.now,
        )
        match outcome:
            case LoggedIn():
                return let_in(self.request, outcome)
            case LoginRefused(reason=LoginRefusal.NOT_ACCEPTED):
                note_wrong_try(self.request, ACT)
                form.add_error("password", NOT_ACCEPTED_PASSWORD)
                return self.form_invalid(form)
            case LoginRefused(reason=reason):
                if reason is LoginRefusal.TOO_MANY_TRIES:
                    note_wrong_try(self.request, ACT)
                return start_over(self.request, reason)
            case _:
                assert_never(outcome)
