"""The app is logged in to, and out of."""

from typing import Any, assert_never

from django.conf import settings
from rest_framework.response import Response

from authentication.app_api.answers import OpeningCodeAnswer, SessionAnswer
from authentication.app_api.problems import Problem, ProblemCode
from authentication.app_api.schema import ANY_PIN, BY_A_USABLE_APP, IN_A_SESSION, described
from authentication.app_api.serializers import SessionAsked, WithSession
from authentication.app_api.texts import problem_of_decision
from authentication.app_api.views.base import KnownAppApi, SessionApi
from authentication.outcomes import LoggedIn, PinRefused
from authentication.usecases.new_opening_code import new_opening_code
from authentication.usecases.open_app_login import open_app_login
from authentication.usecases.sign_out import sign_out
from identities.api import AppView


@described(operation="log_in", answer=SessionAnswer, status=201, problems=BY_A_USABLE_APP | ANY_PIN)
class SessionsApi(KnownAppApi):
    """Gives what later requests name as `session`: for the inbox, the list, a copy. Approving asks the PIN again."""

    asked = SessionAsked

    def act(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """Log in with the PIN."""
        outcome = open_app_login(app_id=app.id, pin=asked["pin"], now=self.now)
        match outcome:
            case LoggedIn(login_id=login_id):
                return Response(SessionAnswer(_session(login_id)).data, status=201)
            case PinRefused():
                raise problem_of_decision(outcome)
            case _:
                assert_never(outcome)


@described(operation="log_out", answer=None, status=204, problems=IN_A_SESSION)
class SessionEndApi(SessionApi):
    """Ends the session that it names."""

    asked = WithSession

    def act_in_session(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """Log out."""
        sign_out(identity_id=app.identity_id, login_id=self.login.id, now=self.now)
        return Response(status=204)


@described(operation="opening_code", answer=OpeningCodeAnswer, status=201, problems=IN_A_SESSION)
class OpeningCodesApi(SessionApi):
    """A code to type where a log-in was refused because another one was open (APR-5)."""

    asked = WithSession

    def act_in_session(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """Make a code; the one before is worth nothing from now on."""
        given = new_opening_code(app_id=app.id, now=self.now)
        if given is None:  # suspended or blocked since this request was let in
            raise Problem(ProblemCode.APP_BLOCKED)
        return Response(OpeningCodeAnswer(given).data, status=201)


def _session(login_id: object) -> dict[str, object]:
    return {
        "session": login_id,
        "idle_seconds": int(settings.SESSION_IDLE_FOR.total_seconds()),
        "lasts_seconds": int(settings.SESSION_LASTS_FOR.total_seconds()),
    }
