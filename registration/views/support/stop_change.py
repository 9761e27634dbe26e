"""Support stops a pending change."""

from typing import Any, assert_never

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from registration.texts import SUPPORT_REFUSALS
from registration.usecases.cancel_change_for_caller import ChangeStopped, cancel_change_for_caller
from registration.usecases.results import SupportRefused
from registration.views.support.pages import CallPage


class StopChangePage(CallPage):
    """At an identified caller's word."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Stop the change and go back to the citizen."""
        outcome = cancel_change_for_caller(
            officer_id=self.officer.id,
            call_id=self.call_id,
            change_id=self.kwargs["change_id"],
            now=self.now,
        )
        match outcome:
            case ChangeStopped():
                messages.success(request, _("The change is stopped. The citizen has been told."))
            case SupportRefused(reason=reason):
                messages.error(request, SUPPORT_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return redirect("registration:support-citizen", call_id=self.call_id)
