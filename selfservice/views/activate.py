"""Activation: what is to be activated, and a code display or an audio code reader."""

from collections.abc import Mapping
from typing import Any, Final, assert_never

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import PublicPage, note_wrong_try, source_may_try
from identities.api import Activated, ActivationRefused, PasswordRefused
from selfservice.forms import ActivateForm
from selfservice.texts import ACTIVATION_REFUSED, PASSWORD_REFUSALS, TOO_MANY_TRIES_FROM_HERE, Text
from selfservice.usecases.activate import activate
from selfservice.views.change_password import rating_texts

ACT = "activate"
DONE: Final[Mapping[str, tuple[Text, Text]]] = {
    "device": (
        _("Your device is active"),
        _("You can log in with your user ID, the code display or audio code reader, and your password."),
    ),
    "device-alone": (
        _("Your device is active"),
        _(
            "You log in with your user ID, the code display or audio code reader, and the password that you had "
            "before: it is as it was, and the one that you typed now opens nothing. If you have forgotten it, or it is "
            "blocked, get an activation code for a new one at Citizen Service."
        ),
    ),
    "chip": (_("Your chip is active"), _("You can log in with your user ID, the chip and your password.")),
    "password": (
        _("Your new password is active"),
        _("The one before opens nothing any more. Wherever you were logged in, you are now logged out."),
    ),
}


class ActivatePage(PublicPage):
    """What is to be activated."""

    template_name = "selfservice/activate.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the choice."""
        return self.render_to_response(self.get_context_data(support_phone=settings.SUPPORT_PHONE))


class ActivateDevicePage(PublicPage, FormMixin[ActivateForm], ProcessFormView):
    """User ID, paper code, device code and a new password make an authenticator (SEC-4)."""

    template_name = "selfservice/activate_device.html"
    form_class = ActivateForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give the script the words for how guessable a password is."""
        return super().get_context_data(ratings=rating_texts(), **kwargs)

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
            case Activated(keeps_password=keeps):
                return redirect("selfservice:activated", what="device-alone" if keeps else "device")
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
        if self.kwargs["what"] not in DONE:
            raise Http404
        title, text = DONE[self.kwargs["what"]]
        return self.render_to_response(self.get_context_data(title=title, text=text))
