"""The app's step of a log-in: the page that waits for its answer."""

import re
from base64 import b64encode
from typing import Any, assert_never

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.binding import grouped
from authentication.forms import OpeningCodeForm
from authentication.outcomes import LoggedIn, LoginRefused, RefusedParallel, StillWaiting
from authentication.queries import app_asked, request_progress
from authentication.states import Progress
from authentication.texts import FROM_HERE_TOO_MANY, NOT_ACCEPTED_OPENING_CODE, STILL_WAITING
from authentication.throttle import note_wrong_try, source_may_try
from authentication.usecases.collect import collect
from authentication.views.flow import start_over
from authentication.views.letting_in import browser_token_of, let_in
from authentication.views.step import ACT, LoginStepPage
from authentication.views.way import BUSY, answer_to, asked_app
from identities.api import AuthenticatorKind
from mitid_portal.times import danish_time

QR_SCALE = 5  # of the picture, in pixels a module; the page sizes it
QR_QUIET = 4  # modules of nothing around it (ISO/IEC 18004)
DARK = re.compile(b"\x01+")
QR_MASK = 3
"""One mask for all: what is written is random, so that none suits better than another, and to weigh all eight takes
longer than the rest of the page."""


def drawn(address: str) -> str:
    """Give a QR code as the address of a picture (SVG), each run of dark modules one stroke."""
    rows = segno.make(address, error="m", mask=QR_MASK).matrix
    size = len(rows) + 2 * QR_QUIET
    strokes = "".join(
        f"M{run.start() + QR_QUIET} {at + QR_QUIET}.5h{run.end() - run.start()}"
        for at, row in enumerate(rows)
        for run in DARK.finditer(row)
    )
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size * QR_SCALE}" height="{size * QR_SCALE}"'
        f' viewBox="0 0 {size} {size}"><path stroke="#000" d="{strokes}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}"


class AppPage(LoginStepPage, FormMixin[OpeningCodeForm], ProcessFormView):
    """Shows what binds the app to this browser (APR-4), or that the app is taken (APR-5)."""

    template_name = "authentication/app.html"
    form_class = OpeningCodeForm
    alike = (*LoginStepPage.alike, "is_asked", "is_busy")
    holes = ("request_id", "app_url", "qr_code", "short_code", "until")

    @property
    def way(self) -> AuthenticatorKind:
        """Whatever was chosen before."""
        return AuthenticatorKind.APP

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the code to scan, the code to type and the button, where the app has been asked."""
        asked = app_asked(self.request_id, now=self.now)
        qr_code = ""
        if asked:
            address = f"{settings.PUBLIC_ADDRESS}/app/#q={asked.qr_token}"
            qr_code = drawn(address)
        return super().get_context_data(
            asked=asked,
            is_asked=asked is not None,
            request_id=self.request_id,
            app_url=f"{reverse('authentication:app-shell')}#b={asked.button_token}" if asked else "",
            qr_code=qr_code,
            short_code=grouped(asked.short_code) if asked else "",
            until=danish_time(asked.expires_at) if asked else "",
            is_busy=BUSY in self.request.GET or self.request.method == "POST",
            **kwargs,
        )

    def form_valid(self, form: OpeningCodeForm) -> HttpResponse:
        """Ask the app; with a code from the app itself, in the place of whoever stands there."""
        code = form.cleaned_data["opening_code"]
        if code and not source_may_try(self.request, ACT):
            form.add_error(None, FROM_HERE_TOO_MANY)
            return self.form_invalid(form)
        outcome = asked_app(self.request, request_id=self.request_id, opening_code=code or None)
        if code and isinstance(outcome, RefusedParallel):
            note_wrong_try(self.request, ACT)
            form.add_error("opening_code", NOT_ACCEPTED_OPENING_CODE)
            return self.form_invalid(form)
        return answer_to(self.request, outcome)


class AppProgressPage(LoginStepPage):
    """What the page asks every two seconds: one word, nothing about anybody."""

    def get(self, _request: HttpRequest) -> JsonResponse:
        """Say how far the request has come."""
        progress: Progress = request_progress(self.request_id, now=self.now)
        return JsonResponse({"state": progress.value}, headers={"Cache-Control": "no-store"})


class AppCollectPage(LoginStepPage):
    """The button "Go on", pressed by the visitor or by the page's script."""

    http_method_names = ["get", "post"]

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Lead who reloads back to the page that waits."""
        return redirect("authentication:app")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Let the citizen in, wait on, or start over."""
        outcome = collect(request_id=self.request_id, browser_token=browser_token_of(request), now=self.now)
        match outcome:
            case LoggedIn():
                return let_in(request, outcome)
            case StillWaiting():
                messages.info(request, str(STILL_WAITING))
                return redirect("authentication:app")
            case LoginRefused(reason=reason):
                return start_over(request, reason)
            case _:
                assert_never(outcome)
