"""The page that an alert's e-mail leads to."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from authentication.api import PublicPage
from identities.api import ChangeState, HeldChange, held_by_token
from selfservice.texts import CHANGE_TITLES
from selfservice.usecases.block_by_token import block_by_token
from selfservice.usecases.stop_by_token import stop_by_token

NOT_FOUND = 404
UNPROCESSABLE = 422


class StopPage(PublicPage):
    """Stops a change without a login, and offers to block the whole identity (CHG-6).

    Looking at it does nothing: mail programs open addresses by themselves. It never shows the new value (ALR-6).
    """

    template_name = "selfservice/stop.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what would be stopped."""
        held = held_by_token(token=self.kwargs["token"], now=self.now)
        return self._unknown() if held is None else self._page(held)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Stop the change, or block the identity."""
        token = self.kwargs["token"]
        match request.POST.get("act"):
            case "stop":
                stopped = stop_by_token(token=token, now=self.now)
                return self._unknown() if stopped is None else redirect(request.path)
            case "block":
                blocked = block_by_token(token=token, now=self.now)
                return self._unknown() if blocked is None else redirect("selfservice:blocked")
            case _:
                held = held_by_token(token=token, now=self.now)
                return self._unknown() if held is None else self._page(held, status=UNPROCESSABLE)

    def _page(self, held: HeldChange, *, status: int = 200) -> HttpResponse:
        context = self.get_context_data(
            title=CHANGE_TITLES[held.field],
            opens_at=held.opens_at,
            state=held.state.value,
            is_pending=held.state is ChangeState.PENDING,
        )
        return self.render_to_response(context, status=status)

    def _unknown(self) -> HttpResponse:
        self.template_name = "selfservice/stop_unknown.html"
        return self.render_to_response(self.get_context_data(), status=NOT_FOUND)
