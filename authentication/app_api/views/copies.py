"""An app is copied to a new phone by way of the old one."""

from typing import Any, assert_never

from rest_framework.response import Response

from authentication.app_api.answers import CopyAnswer, CopyStateAnswer, TicketAnswer
from authentication.app_api.problems import Problem, ProblemCode
from authentication.app_api.queries import copy_by_id, copy_under_way
from authentication.app_api.schema import ANY_PIN, BY_A_USABLE_APP, IN_A_SESSION, described
from authentication.app_api.serializers import SessionAsked, WithSession
from authentication.app_api.texts import COPY_NOT_NOW, COPY_NOT_TAKEN, NOT_POSSIBLE, TICKET_NOT_NOW, problem_of_decision
from authentication.app_api.usecases.copy_app import (
    NoSuchCopy,
    SessionEnded,
    ask_for_copy,
    show_ticket,
    stop_copy,
)
from authentication.app_api.views.base import KnownAppApi, SessionApi
from authentication.outcomes import PinRefused
from authentication.queries import living_login
from authentication.states import Door
from authentication.usecases.open_app_login import open_app_login
from identities.api import AppView, ChangeNotTaken, ChangeWaits, ConfirmRefused, TicketIssued, TicketRefused


@described(operation="ask_for_copy", answer=CopyAnswer, status=201, problems=IN_A_SESSION | {ProblemCode.COPY_REFUSED})
class CopiesApi(SessionApi):
    """Asks for a copy: every channel is alerted, and an hour later the old phone can show a ticket (CHG-2, CHG-3)."""

    asked = WithSession

    def act_in_session(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """Store the wish."""
        outcome = ask_for_copy(login=self.login, app_id=app.id, now=self.now)
        match outcome:
            case ChangeWaits(change_id=change_id):
                copy = copy_by_id(identity_id=app.identity_id, app_id=app.id, change_id=change_id)
                return Response(CopyAnswer(copy).data, status=201)
            case ChangeNotTaken(reason=reason):
                detail = COPY_NOT_TAKEN.get(reason, NOT_POSSIBLE)
                raise Problem(ProblemCode.COPY_REFUSED, reason=reason.value, detail=detail)
            case SessionEnded():
                raise Problem(ProblemCode.SESSION_ENDED)
            case _:
                assert_never(outcome)


@described(operation="copy_state", answer=CopyStateAnswer, problems=IN_A_SESSION)
class CopyStateApi(SessionApi):
    """The copy of this app that is under way."""

    asked = WithSession

    def act_in_session(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """Give it, or nothing."""
        copy = copy_under_way(identity_id=app.identity_id, app_id=app.id, now=self.now)
        return Response(CopyStateAnswer({"copy": copy}).data)


@described(
    operation="copy_ticket",
    answer=TicketAnswer,
    status=201,
    problems=BY_A_USABLE_APP | ANY_PIN | {ProblemCode.COPY_REFUSED, ProblemCode.NOT_FOUND, ProblemCode.SESSION_ENDED},
)
class CopyTicketApi(KnownAppApi):
    """Shows the ticket, for the PIN: that is the second, fresh authentication of the double login (CHG-4)."""

    asked = SessionAsked

    def act(self, app: AppView, asked: dict[str, Any], **kwargs: Any) -> Response:
        """Log in, confirm the copy where that is still to be done, and give the ticket."""
        fresh = open_app_login(app_id=app.id, pin=asked["pin"], now=self.now)
        if isinstance(fresh, PinRefused):
            raise problem_of_decision(fresh)
        login = living_login(login_id=fresh.login_id, door=Door.APP, now=self.now)
        if login is None:
            raise Problem(ProblemCode.SESSION_ENDED)
        outcome = show_ticket(login=login, app_id=app.id, change_id=kwargs["copy_id"], now=self.now)
        match outcome:
            case TicketIssued():
                return Response(TicketAnswer(outcome).data, status=201)
            case ConfirmRefused(reason=reason):
                raise Problem(
                    ProblemCode.COPY_REFUSED, reason=reason.value, detail=COPY_NOT_NOW.get(reason, NOT_POSSIBLE)
                )
            case TicketRefused(reason=reason):
                raise Problem(ProblemCode.COPY_REFUSED, reason=reason.value, detail=TICKET_NOT_NOW[reason])
            case NoSuchCopy():
                raise Problem(ProblemCode.NOT_FOUND)
            case SessionEnded():
                raise Problem(ProblemCode.SESSION_ENDED)
            case _:
                assert_never(outcome)


@described(
    operation="stop_copy",
    answer=None,
    status=204,
    problems=IN_A_SESSION | {ProblemCode.COPY_REFUSED, ProblemCode.NOT_FOUND},
)
class CopyStopApi(SessionApi):
    """Stops a copy that waits (CHG-6)."""

    asked = WithSession

    def act_in_session(self, app: AppView, asked: dict[str, Any], **kwargs: Any) -> Response:
        """Stop it."""
        outcome = stop_copy(login=self.login, app_id=app.id, change_id=kwargs["copy_id"], now=self.now)
        match outcome:
            case True:
                return Response(status=204)
            case False:
                raise Problem(ProblemCode.COPY_REFUSED, reason="not_pending")
            case NoSuchCopy():
                raise Problem(ProblemCode.NOT_FOUND)
            case SessionEnded():
                raise Problem(ProblemCode.SESSION_ENDED)
            case _:
                assert_never(outcome)
