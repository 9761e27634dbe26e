"""Base classes of pages. Which one a page has says for whom it is."""

from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View

from authentication.queries import Login, living_login
from authentication.rules import LEAST_LEVEL
from authentication.states import Audience, Door
from identities.api import AssuranceLevel
from mitid_portal import clock

LOGIN_KEYS = {Door.PORTAL: "portal_login_id", Door.BACKOFFICE: "backoffice_login_id"}
UNPROCESSABLE = 422


class Page(TemplateResponseMixin, ContextMixin, View):
    """Any page: it knows what time it is, and reads the clock once."""

    audience: ClassVar[Audience]
    now: datetime

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the clock."""
        super().setup(request, *args, **kwargs)
        self.now = clock.now()

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show a form again with what is wrong, and answer 422."""
        return self.render_to_response(self.get_context_data(form=form), status=UNPROCESSABLE)


class PublicPage(Page):
    """Open to everybody. ``login`` is the visitor's, where there is one."""

    audience = Audience.PUBLIC

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the frame of someone logged in to those who are."""
        return super().get_context_data(login=login_in_session(self.request, Door.PORTAL, self.now), **kwargs)


class LoggedInPage(Page):
    """For someone with a living login at ``door``; everybody else is sent to log in and comes back.

    ``level_needed``: who came in at less is sent to log in more surely, and comes back too.
    """

    door: ClassVar[Door]
    level_needed: ClassVar[AssuranceLevel] = LEAST_LEVEL
    login_page: ClassVar[str]
    login: Login

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in who has a living login."""
        login = login_in_session(request, self.door, self.now)
        if login is None:
            had_one = request.session.pop(LOGIN_KEYS[self.door], None) is not None
            asked_for = request.get_full_path() if request.method == "GET" else ""
            query = {"next": asked_for} | ({"ended": "1"} if had_one else {})
            return redirect(f"{reverse(self.login_page)}?{urlencode({k: v for k, v in query.items() if v})}")
        if login.level < self.level_needed:
            asked_for = request.get_full_path() if request.method == "GET" else ""
            query = {"level": self.level_needed.name.lower()} | ({"next": asked_for} if asked_for else {})
            return redirect(f"{reverse(self.login_page)}?{urlencode(query)}")
        self.login = login
        return super().dispatch(request, *args, **kwargs)

    @property
    def identity_id(self) -> UUID:
        """The identity that is logged in."""
        return self.login.identity_id

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the frame of someone logged in."""
        return super().get_context_data(login=self.login, **kwargs)


class CitizenPage(LoggedInPage):
    """For a citizen in self-service."""

    audience = Audience.CITIZEN
    door = Door.PORTAL
    login_page = "authentication:log-in"


class OfficerPage(LoggedInPage):
    """For somebody who logged in to the backoffice; which rights they have is the backoffice's to say."""

    audience = Audience.OFFICER
    door = Door.BACKOFFICE
    login_page = "authentication:officer-log-in"


def login_in_session(request: HttpRequest, door: Door, now: datetime) -> Login | None:
    """Find the living login that a browser's session stands for."""
    value = request.session.get(LOGIN_KEYS[door])
    return living_login(login_id=UUID(value), door=door, now=now) if value else None


def login_of(request: HttpRequest, *, now: datetime) -> Login | None:
    """Find the living login of a visitor to a page that is open to everybody."""
    return login_in_session(request, Door.PORTAL, now)
