"""What the steps of a log-in after the first have in common."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from authentication.pages import PublicPage
from authentication.views.flow import LOGIN_PAGES, STEPS, kept_door, kept_request_id

ACT = "login"


class LoginStepPage(PublicPage):
    """A step that only a browser in the middle of a log-in may take."""

    request_id: UUID

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Turn away who has not said who they are."""
        request_id = kept_request_id(request)
        if request_id is None:
            return redirect("authentication:log-in")
        self.request_id = request_id
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say which door it is, and where the log-in began."""
        door = kept_door(self.request)
        back_url = reverse(LOGIN_PAGES[door])
        return super().get_context_data(door=door.value, back_url=back_url, steps=STEPS, **kwargs)
