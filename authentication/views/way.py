"""Which way a visitor logs in: suggested, or chosen by them."""

from typing import assert_never
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from authentication.outcomes import AppAsked, LoginRefused, RefusedParallel
from authentication.rules import ways_to_reach
from authentication.usecases.choose_app import choose_app
from authentication.views.flow import WAY_PAGES, keep_way, kept_level, start_over
from authentication.views.letting_in import browser_token_of
from authentication.views.step import LoginStepPage
from identities.api import AuthenticatorKind
from mitid_portal import clock

BUSY = "busy"
AppOutcome = AppAsked | RefusedParallel | LoginRefused


def go(request: HttpRequest, *, request_id: UUID, way: AuthenticatorKind) -> HttpResponse:
    """Lead the visitor on by one of the ways."""
    keep_way(request, way)
    if way is AuthenticatorKind.APP:
        return answer_to(request, asked_app(request, request_id=request_id, opening_code=None))
    return redirect(WAY_PAGES[way])


def asked_app(request: HttpRequest, *, request_id: UUID, opening_code: str | None) -> AppOutcome:
    """Put the request into the app, unless another one stands there."""
    return choose_app(
        request_id=request_id,
        browser_token=browser_token_of(request),
        opening_code=opening_code,
        now=clock.now(),
    )


def answer_to(request: HttpRequest, outcome: AppOutcome) -> HttpResponse:
    """Lead to the page that waits for the app's answer, or that says that the app is taken."""
    match outcome:
        case AppAsked():
            return redirect("authentication:app")
        case RefusedParallel():
            return redirect(f"{reverse('authentication:app')}?{BUSY}=1")
        case LoginRefused(reason=reason):
            return start_over(request, reason)
        case _:
            assert_never(outcome)


class ChooseWayPage(LoginStepPage):
    """The buttons under "Log in another way"."""

    http_method_names = ["get", "post"]

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Lead who reloads back to their way."""
        return redirect(WAY_PAGES[self.way])

    def post(self, request: HttpRequest) -> HttpResponse:
        """Go the way that was chosen; a way that does not exist changes nothing."""
        chosen = request.POST.get("with", "")
        for way in ways_to_reach(kept_level(request)):
            if way.value == chosen:
                return go(request, request_id=self.request_id, way=way)
        return redirect(WAY_PAGES[self.way])
