"""What a browser gets when its log-in succeeds."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse

from authentication.outcomes import LoggedIn
from authentication.pages import LOGIN_KEYS
from authentication.rules import BROWSER_KNOWN_FOR
from authentication.views.flow import NEXT_KEY

LONGEST_TOKEN: Final = 64


def browser_token_of(request: HttpRequest) -> str | None:
    """Give the word by which this browser may be known."""
    token = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, "")
    return token if 0 < len(token) <= LONGEST_TOKEN else None


def let_in(request: HttpRequest, outcome: LoggedIn) -> HttpResponse:
    """Begin a fresh session with fresh form tokens, so that what was set before is worth nothing after."""
    address = request.session.get(NEXT_KEY) or reverse(settings.DOOR_PAGES[outcome.door.value])
    request.session.cycle_key()
    request.session.clear()
    request.session[LOGIN_KEYS[outcome.door]] = str(outcome.login_id)
    rotate_token(request)
    response = HttpResponseRedirect(address)
    if outcome.browser_token:
        response.set_cookie(
            settings.KNOWN_BROWSER_COOKIE_NAME,
            outcome.browser_token,
            max_age=BROWSER_KNOWN_FOR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response
