"""Second step of a log-in: the code of a code display or an audio code reader."""

from typing import Any, assert_never

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.forms import CodeForm
from authentication.outcomes import DeviceAccepted, LoginRefused
from authentication.states import LoginRefusal
from authentication.texts import FROM_HERE_TOO_MANY, NOT_ACCEPTED_CODE
from authentication.throttle import note_wrong_try, source_may_try, source_of
from authentication.usecases.give_code import give_code
from authentication.views.flow import keep_way, kept_way, start_over
from authentication.views.letting_in import browser_token_of
from authentication.views.step import ACT, LoginStepPage
from identities.api import CODE_DEVICES, AuthenticatorKind


class CodePage(LoginStepPage, FormMixin[CodeForm], ProcessFormView):
    """What the device shows or speaks."""

    template_name = "authentication/code.html"
    form_class = CodeForm

    @property
    def way(self) -> AuthenticatorKind:
        """The code device that was chosen before, else the one that most people have."""
        kept = kept_way(self.request)
        return kept if kept in CODE_DEVICES else AuthenticatorKind.CODE_DISPLAY

    def get_form_kwargs(self) -> dict[str, Any]:
        """Ask for the code in the words of the device."""
        return super().get_form_kwargs() | {"kind": self.way}

    def form_valid(self, form: CodeForm) -> HttpResponse:
        """Go on to the password, stay, or start over."""
        if not source_may_try(self.request, ACT):
            form.add_error(None, FROM_HERE_TOO_MANY)
            return self.form_invalid(form)
        outcome = give_code(
            request_id=self.request_id,
            code=form.cleaned_data["code"],
            source=source_of(self.request),
            browser_token=browser_token_of(self.request),
            now=self.now,
        )
        match outcome:
            case DeviceAccepted():
                keep_way(self.request, self.way)
                return redirect("authentication:password")
            case LoginRefused(reason=LoginRefusal.NOT_ACCEPTED):
                note_wrong_try(self.request, ACT)
                form.add_error("code", str(NOT_ACCEPTED_CODE[self.way]))
                return self.form_invalid(form)
            case LoginRefused(reason=reason):
                note_wrong_try(self.request, ACT)
                return start_over(self.request, reason)
            case _:
                assert_never(outcome)
