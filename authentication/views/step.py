"""What the steps of a log-in after the first have in common."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from authentication.rules import ways_to_reach
from authentication.texts import WAYS
from authentication.views.alike import AlikePage
from authentication.views.flow import LOGIN_PAGES, STEPS, kept_door, kept_level, kept_request_id, kept_way
from identities.api import AuthenticatorKind

ACT = "login"


class LoginStepPage(AlikePage):
    """A step that only a browser in the middle of a log-in may take."""

    request_id: UUID
    alike: ClassVar[tuple[str, ...]] = ("door", "back_url", "steps", "way", "other_ways")
    may_turn_back: ClassVar[bool] = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Turn away who has not said who they are."""
        request_id = kept_request_id(request)
        if request_id is None:
            return redirect("authentication:log-in")
        self.request_id = request_id
        return super().dispatch(request, *args, **kwargs)

    @property
    def way(self) -> AuthenticatorKind:
        """With what this page lets somebody in."""
        return kept_way(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say which door it is, where the log-in began, and which other ways there are, for everybody alike."""
        door = kept_door(self.request)
        others = [(kind.value, WAYS[kind]) for kind in ways_to_reach(kept_level(self.request)) if kind != self.way]
        return super().get_context_data(
            door=door.value,
            back_url=reverse(LOGIN_PAGES[door]),
            steps=STEPS[self.way],
            way=self.way.value,
            other_ways=others if self.may_turn_back else [],
            **kwargs,
        )
