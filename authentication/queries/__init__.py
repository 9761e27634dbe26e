"""Reads: logins that open a door, and requests on their way to one."""

from authentication.queries.logins import SEEN_EVERY, Login, living_login, login_is_open, newest_login, way_of_login
from authentication.queries.requests import (
    RequestView,
    alerts_due,
    app_asked,
    is_known_browser,
    request_progress,
    requests_for_app,
    suggested_way,
    with_its_dead_since,
    words_of,
)

__all__ = [
    "SEEN_EVERY",
    "Login",
    "RequestView",
    "alerts_due",
    "app_asked",
    "is_known_browser",
    "living_login",
    "login_is_open",
    "newest_login",
    "request_progress",
    "requests_for_app",
    "suggested_way",
    "way_of_login",
    "with_its_dead_since",
    "words_of",
]
