"""Setting the clock of one's own code device right, by two codes in a row (SEC-3)."""

from typing import Any, assert_never

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import CitizenPage, note_wrong_try, source_may_try, source_of
from identities.api import CODE_DEVICES, AuthenticatorState, AuthenticatorView, ResyncOutcome
from selfservice.authenticator_texts import CLOCK_NOT_FOUND, CLOCK_PAUSED, name_of
from selfservice.forms import TwoCodesForm
from selfservice.texts import TOO_MANY_TRIES_FROM_HERE
from selfservice.usecases.outcomes import LoginEnded
from selfservice.usecases.resync_own_device import resync_own_device
from selfservice.views.flow import own_authenticator

ACT = "code"  # counted together with wrong codes at the log-in


class ResyncAuthenticatorPage(CitizenPage, FormMixin[TwoCodesForm], ProcessFormView):
    """Two codes in a row of the citizen's own code device; anything else is as good as none."""

    template_name = "selfservice/resync_authenticator.html"
    form_class = TwoCodesForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name the device."""
        return super().get_context_data(name=name_of(self._device()), **kwargs)

    def form_valid(self, form: TwoCodesForm) -> HttpResponse:
        """Find the clock, and go back to the list."""
        self._device()
        if not source_may_try(self.request, ACT):
            form.add_error(None, str(TOO_MANY_TRIES_FROM_HERE))
            return self.form_invalid(form)
        outcome = resync_own_device(
            login=self.login,
            first_code=form.cleaned_data["first_code"],
            second_code=form.cleaned_data["second_code"],
            source=source_of(self.request),
            now=self.now,
        )
        match outcome:
            case ResyncOutcome.FOUND:
                messages.success(self.request, _("The clock is set right. Codes from your device are accepted again."))
                return redirect("selfservice:authenticators")
            case ResyncOutcome.NOT_FOUND:
                note_wrong_try(self.request, ACT)
                form.add_error(None, str(CLOCK_NOT_FOUND))
            case ResyncOutcome.PAUSED:
                form.add_error(None, str(CLOCK_PAUSED))
            case LoginEnded():
                return redirect(self.request.path)
            case _:
                assert_never(outcome)
        return self.form_invalid(form)

    def _device(self) -> AuthenticatorView:
        view = own_authenticator(self.identity_id, self.kwargs)
        if view is None or view.kind not in CODE_DEVICES or view.state is not AuthenticatorState.ACTIVE:
            raise Http404
        return view
