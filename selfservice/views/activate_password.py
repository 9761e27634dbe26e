"""A new password with an activation code, for who has forgotten theirs or had it blocked."""

from typing import Any, assert_never

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import PublicPage, note_wrong_try, source_may_try
from identities.api import Activated, ActivationRefused, PasswordRefused
from selfservice.forms import ActivatePasswordForm
from selfservice.texts import CODE_ALONE_REFUSED, PASSWORD_REFUSALS, TOO_MANY_TRIES_FROM_HERE
from selfservice.usecases.activate_password import activate_password
from selfservice.views.change_password import rating_texts

ACT = "activate"


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ActivatePasswordPage(PublicPage, FormMixin[ActivatePasswordForm], ProcessFormView):
    """User ID, code and a new password (SEC-4)."""

    template_name = "selfservice/activate_password.html"
    form_class = ActivatePasswordForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give the script the words for how guessable a password is."""
        return super().get_context_data(ratings=rating_texts(), **kwargs)

    def form_valid(self, form: ActivatePasswordForm) -> HttpResponse:
        """Take the password; a refusal says what to do, not which part was wrong (TRY-2)."""
        if not source_may_try(self.request, ACT):
            form.add_error(None, str(TOO_MANY_TRIES_FROM_HERE))
            return self.form_invalid(form)
        outcome = activate_password(**form.cleaned_data, now=self.now)
        match outcome:
            case Activated():
                return redirect("selfservice:activated", what="password")
            case PasswordRefused(reason=reason):
                form.add_error("password", str(PASSWORD_REFUSALS[reason]))
            case ActivationRefused():
                note_wrong_try(self.request, ACT)
                form.add_error(None, str(CODE_ALONE_REFUSED))
            case _:
                assert_never(outcome)
        return self.form_invalid(form)
