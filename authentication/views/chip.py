"""The chip's step of a log-in. The browser speaks with the chip by script; there is no other way (WebAuthn)."""

import json
from typing import Any, assert_never

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.forms import ChipForm
from authentication.outcomes import DeviceAccepted, LoginRefused
from authentication.states import LoginRefusal
from authentication.texts import FROM_HERE_TOO_MANY, NOT_ACCEPTED_CHIP
from authentication.throttle import note_wrong_try, source_may_try
from authentication.usecases.give_chip import chip_options, give_chip
from authentication.views.flow import keep_way, start_over
from authentication.views.step import ACT, LoginStepPage
from identities.api import AuthenticatorKind


class ChipPage(LoginStepPage, FormMixin[ChipForm], ProcessFormView):
    """What the visitor has in their hand."""

    template_name = "authentication/chip.html"
    form_class = ChipForm
    holes = ("options",)

    @property
    def way(self) -> AuthenticatorKind:
        """Whatever was chosen before."""
        return AuthenticatorKind.CHIP

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Give the script what to ask the chip."""
        options = json.dumps(chip_options(request_id=self.request_id))
        return super().get_context_data(options=options, **kwargs)

    def form_valid(self, form: ChipForm) -> HttpResponse:
        """Go on to the password, stay, or start over."""
        if not source_may_try(self.request, ACT):
            form.add_error(None, FROM_HERE_TOO_MANY)
            return self.form_invalid(form)
        outcome = give_chip(request_id=self.request_id, response=form.cleaned_data["response"], now=self.now)
        match outcome:
            case DeviceAccepted():
                keep_way(self.request, self.way)
                return redirect("authentication:password")
            case LoginRefused(reason=LoginRefusal.NOT_ACCEPTED):
                note_wrong_try(self.request, ACT)
                form.add_error(None, NOT_ACCEPTED_CHIP)
                return self.form_invalid(form)
            case LoginRefused(reason=reason):
                note_wrong_try(self.request, ACT)
                return start_over(self.request, reason)
            case _:
                assert_never(outcome)
