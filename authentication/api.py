"""The door of authentication: what the apps above may use."""

from authentication.app_api.problems import problem_page
from authentication.pages import CitizenPage, OfficerPage, Page, PublicPage, login_of
from authentication.queries import Login, way_of_login
from authentication.states import Audience, Door, Ending
from authentication.steps import end_login, end_other_logins, locked_identity_of
from authentication.throttle import note_wrong_try, source_may_try, source_of

__all__ = [
    "Audience",
    "CitizenPage",
    "Door",
    "Ending",
    "Login",
    "OfficerPage",
    "Page",
    "PublicPage",
    "end_login",
    "end_other_logins",
    "locked_identity_of",
    "login_of",
    "note_wrong_try",
    "problem_page",
    "source_may_try",
    "source_of",
    "way_of_login",
]
