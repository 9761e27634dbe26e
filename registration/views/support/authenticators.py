"""Support blocks one authenticator, sends codes and finds a clock again."""

from typing import Any, assert_never
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import AuthenticatorBlockReason, CodeGiven, PinSent
from mitid_portal.times import danish_time
from registration.authenticator_lines import AuthenticatorLine
from registration.device_forms import AuthenticatorBlockForm, SendCodeForm, TwoCodesForm
from registration.texts import SUPPORT_REFUSALS
from registration.usecases.block_authenticator_for_caller import block_authenticator_for_caller
from registration.usecases.block_for_caller import Blocked
from registration.usecases.results import SupportRefused
from registration.usecases.resync_for_caller import resync_for_caller
from registration.usecases.resync_in_case import ClockFound
from registration.usecases.send_code_for_caller import send_code_for_caller
from registration.usecases.send_pin_for_caller import send_pin_for_caller
from registration.views.authenticators import line_in, name_of
from registration.views.support.pages import CallPage


class AuthenticatorBlockPage(CallPage, FormMixin[AuthenticatorBlockForm], ProcessFormView):
    """One authenticator, with a reason, at once and for good."""

    template_name = "registration/block_one.html"
    form_class = AuthenticatorBlockForm

    def line(self) -> AuthenticatorLine:
        """Find the authenticator among what the call shows."""
        pk = UUID(str(self.kwargs["authenticator_id"]))
        line = line_in(self.call.authenticators, kind=self.kwargs["kind"], pk=pk)
        if line is None:
            raise Http404
        return line

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name what is about to be blocked."""
        return super().get_context_data(authenticator=name_of(self.line()), **kwargs)

    def form_valid(self, form: AuthenticatorBlockForm) -> HttpResponse:
        """Block, and go back to the citizen."""
        line = self.line()
        outcome = block_authenticator_for_caller(
            officer_id=self.officer.id,
            call_id=self.call_id,
            kind=line.kind,
            authenticator_id=line.id,
            reason=AuthenticatorBlockReason(form.cleaned_data["reason"]),
            now=self.now,
        )
        match outcome:
            case Blocked():
                messages.success(self.request, _("It is blocked for good. The citizen has been told."))
                return redirect("registration:support-citizen", call_id=self.call_id)
            case SupportRefused(reason=reason):
                form.add_error(None, SUPPORT_REFUSALS[reason])
                return self.form_invalid(form)
            case _:
                assert_never(outcome)


class _IdentifiedPage(CallPage):
    def instead(self) -> HttpResponse | None:
        """Lead whoever has not identified the caller back (SUP-1)."""
        is_over = super().instead()
        if is_over is not None or self.call.is_identified:
            return is_over
        return redirect("registration:support-citizen", call_id=self.call_id)


class SendCodePage(_IdentifiedPage, FormMixin[SendCodeForm], ProcessFormView):
    """An activation code by SMS."""

    template_name = "registration/send_code.html"
    form_class = SendCodeForm

    def form_valid(self, form: SendCodeForm) -> HttpResponse:
        """Send the code, and go back to the citizen."""
        outcome = send_code_for_caller(
            officer_id=self.officer.id, call_id=self.call_id, kind=form.cleaned_data["kind"], now=self.now
        )
        match outcome:
            case CodeGiven(expires_at=expires_at):
                text = _("The code is on its way by SMS, and valid until %(time)s.")
                messages.success(self.request, text % {"time": danish_time(expires_at)})
                return redirect("registration:support-citizen", call_id=self.call_id)
            case SupportRefused():
                form.add_error(None, _words(outcome))
                return self.form_invalid(form)
            case _:
                assert_never(outcome)


class SendPinPage(CallPage):
    """The temporary PIN of an app, once more."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send it, and go back to the citizen."""
        outcome = send_pin_for_caller(officer_id=self.officer.id, call_id=self.call_id, now=self.now)
        match outcome:
            case PinSent(expires_at=expires_at):
                text = _("The temporary PIN is on its way by SMS, and valid until %(time)s.")
                messages.success(request, text % {"time": danish_time(expires_at)})
            case SupportRefused():
                messages.error(request, _words(outcome))
            case _:
                assert_never(outcome)
        return redirect("registration:support-citizen", call_id=self.call_id)


def _words(refused: SupportRefused) -> str:
    """Say why, and from when it may be done, where that is known."""
    why = str(SUPPORT_REFUSALS[refused.reason])
    if refused.next_at is None:
        return why
    when = _("It can be done again from %(time)s.") % {"time": danish_time(refused.next_at)}
    return f"{why} {when}"


class ResyncPage(_IdentifiedPage, FormMixin[TwoCodesForm], ProcessFormView):
    """Two codes in a row, as the caller reads them out."""

    template_name = "registration/resync.html"
    form_class = TwoCodesForm

    def form_valid(self, form: TwoCodesForm) -> HttpResponse:
        """Find the clock, and go back to the citizen."""
        outcome = resync_for_caller(
            officer_id=self.officer.id,
            call_id=self.call_id,
            first_code=form.cleaned_data["first_code"],
            second_code=form.cleaned_data["second_code"],
            now=self.now,
        )
        match outcome:
            case ClockFound():
                messages.success(self.request, _("The device's clock is found again. Its codes are accepted."))
                return redirect("registration:support-citizen", call_id=self.call_id)
            case SupportRefused(reason=reason):
                form.add_error(None, SUPPORT_REFUSALS[reason])
                return self.form_invalid(form)
            case _:
                assert_never(outcome)
