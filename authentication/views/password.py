"""Last step of a log-in: the password."""

from typing import assert_never

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.forms import PasswordForm
from authentication.outcomes import LoggedIn, LoginRefused
from authentication.pages import LOGIN_KEYS
from authentication.states import LoginRefusal
from authentication.texts import FROM_HERE_TOO_MANY, NOT_ACCEPTED_PASSWORD
from authentication.throttle import note_wrong_try, source_may_try
from authentication.usecases.give_password import give_password
from authentication.views.flow import NEXT_KEY, start_over
from authentication.views.step import ACT, LoginStepPage


class PasswordPage(LoginStepPage, FormMixin[PasswordForm], ProcessFormView):
    """What only the citizen knows."""

    template_name = "authentication/password.html"
    form_class = PasswordForm

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        """Let the citizen in, stay, or start over."""
        if not source_may_try(self.request, ACT):
            form.add_error(None, FROM_HERE_TOO_MANY)
            return self.form_invalid(form)
        outcome = give_password(request_id=self.request_id, password=form.cleaned_data["password"], now=self.now)
        match outcome:
            case LoggedIn():
                return self._let_in(outcome)
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

    def _let_in(self, outcome: LoggedIn) -> HttpResponse:
        """Begin a fresh session with fresh form tokens, so that what was set before is worth nothing after."""
        address = self.request.session.get(NEXT_KEY) or reverse(settings.DOOR_PAGES[outcome.door.value])
        self.request.session.flush()
        self.request.session[LOGIN_KEYS[outcome.door]] = str(outcome.login_id)
        rotate_token(self.request)
        return HttpResponseRedirect(address)
