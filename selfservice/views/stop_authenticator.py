"""Suspending or blocking one authenticator, and logging out everywhere: at once, with one confirmation (BLK-1)."""

from collections.abc import Callable
from typing import Any, ClassVar, assert_never

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import CitizenPage, PublicPage
from identities.api import (
    AuthenticatorBlockReason,
    AuthenticatorState,
    AuthenticatorView,
    live_authenticators_of,
)
from selfservice.authenticator_texts import (
    AFTER_A_BLOCK,
    AFTER_A_SUSPENSION,
    STOP_TITLES,
    STOPPED_TEXTS,
    STOPPED_TITLES,
    name_of,
)
from selfservice.forms import StopAuthenticatorForm
from selfservice.rules import still_opens
from selfservice.states import StoppingAct
from selfservice.usecases.block_authenticator import block_authenticator
from selfservice.usecases.outcomes import LoginEnded
from selfservice.usecases.sign_out_everywhere import sign_out_everywhere
from selfservice.usecases.suspend_authenticator import suspend_authenticator
from selfservice.views.flow import own_authenticator


class StopAuthenticatorPage(CitizenPage, FormMixin[StopAuthenticatorForm], ProcessFormView):
    """What happens, and one button. Somebody else's authenticator is as good as none."""

    template_name = "selfservice/stop_authenticator.html"
    form_class = StopAuthenticatorForm
    stopping: ClassVar[StoppingAct]
    stop: ClassVar[Callable[..., bool | LoginEnded]]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say what is stopped, and whether any way in is left."""
        view = self._authenticator()
        if view.state is AuthenticatorState.BLOCKED:
            raise Http404
        live = live_authenticators_of(self.identity_id, now=self.now)
        is_block = self.stopping is StoppingAct.BLOCK
        return super().get_context_data(
            title=STOP_TITLES[self.stopping][view.kind],
            name=name_of(view),
            after=AFTER_A_BLOCK[view.kind] if is_block else AFTER_A_SUSPENSION,
            is_block=is_block,
            is_last=not still_opens(live, without=view),
            **kwargs,
        )

    def form_valid(self, form: StopAuthenticatorForm) -> HttpResponse:
        """Stop it, and leave nothing of the login in this browser; one that was stopped already is as good."""
        view = self._authenticator()
        outcome = self._stop(view, AuthenticatorBlockReason(form.cleaned_data["reason"]))
        match outcome:
            case True:
                self.request.session.flush()
                return redirect("selfservice:stopped", act=self.stopping.value)
            case False:
                return redirect("selfservice:authenticators")
            case LoginEnded():
                return redirect(self.request.path)
            case _:
                assert_never(outcome)

    def _stop(self, view: AuthenticatorView, reason: AuthenticatorBlockReason) -> bool | LoginEnded:
        return self.stop(login=self.login, kind=view.kind, authenticator_id=view.id, reason=reason, now=self.now)

    def _authenticator(self) -> AuthenticatorView:
        view = own_authenticator(self.identity_id, self.kwargs)
        if view is None:
            raise Http404
        return view


class SuspendAuthenticatorPage(StopAuthenticatorPage):
    """It may come back."""

    stopping = StoppingAct.SUSPEND
    stop = staticmethod(suspend_authenticator)


class BlockAuthenticatorPage(StopAuthenticatorPage):
    """It never does."""

    stopping = StoppingAct.BLOCK
    stop = staticmethod(block_authenticator)


class SignOutEverywherePage(CitizenPage):
    """One press, and every login has ended."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End them; a login that ended meanwhile is what was wanted."""
        sign_out_everywhere(login=self.login, now=self.now)
        request.session.flush()
        return redirect("selfservice:stopped", act=StoppingAct.SIGN_OUT.value)


class StoppedPage(PublicPage):
    """What was done, for somebody who is not logged in any more. It knows nobody, and shows the same to everybody."""

    template_name = "selfservice/stopped.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page."""
        act = next((act for act in StoppingAct if act.value == self.kwargs["act"]), None)
        if act is None:
            raise Http404
        return self.render_to_response(self.get_context_data(title=STOPPED_TITLES[act], text=STOPPED_TEXTS[act]))
