"""Support reads a user ID out."""

from typing import Any, assert_never

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from registration.texts import SUPPORT_REFUSALS
from registration.usecases.results import SupportRefused
from registration.usecases.tell_user_id import UserIdTold, tell_user_id
from registration.views.support.pages import CallPage


class UserIdPage(CallPage):
    """Shown in the answer to the button alone, so that each look is one act in the log."""

    template_name = "registration/user_id.html"
    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead back to the citizen."""
        return redirect("registration:support-citizen", call_id=self.call_id)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the user ID."""
        outcome = tell_user_id(officer_id=self.officer.id, call_id=self.call_id, now=self.now)
        match outcome:
            case UserIdTold(user_id=user_id):
                return self.render_to_response(self.get_context_data(user_id=user_id))
            case SupportRefused(reason=reason):
                messages.error(request, SUPPORT_REFUSALS[reason])
                return redirect("registration:support-citizen", call_id=self.call_id)
            case _:
                assert_never(outcome)
