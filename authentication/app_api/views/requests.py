"""What waits for the citizen: listed, found by what the browser shows, approved or rejected (APR-1 to APR-6)."""

from typing import Any, assert_never

from rest_framework.response import Response

from authentication.app_api.answers import DecisionAnswer, RequestAnswer, RequestsAnswer
from authentication.app_api.approvals import DECISIONS, approval_holds
from authentication.app_api.fields import shape
from authentication.app_api.problems import Problem, ProblemCode
from authentication.app_api.schema import ANY_PIN, BY_A_USABLE_APP, IN_A_SESSION, described
from authentication.app_api.serializers import BindingAsked, DecisionAsked, WithSession, binding_in
from authentication.app_api.texts import problem_of_decision
from authentication.app_api.views.base import KnownAppApi, SessionApi
from authentication.outcomes import Decided, DecisionRefused
from authentication.queries import requests_for_app
from authentication.queries.bound import bind_request
from authentication.usecases.decide_request import decide_request
from identities.api import AppView


@described(operation="list_requests", answer=RequestsAnswer, problems=IN_A_SESSION)
class RequestsApi(SessionApi):
    """Nothing is pushed: the citizen opens the app and finds what waits (APR-1)."""

    asked = WithSession

    def act_in_session(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """List what waits."""
        waiting = requests_for_app(identity_id=app.identity_id, now=self.now)
        return Response(RequestsAnswer({"requests": waiting}).data)


@described(operation="bind_request", answer=RequestAnswer, problems=BY_A_USABLE_APP | {ProblemCode.REQUEST_OVER})
class BindApi(KnownAppApi):
    """Finds the request whose QR code was scanned, or whose short code was typed (APR-4)."""

    asked = BindingAsked

    def act(self, app: AppView, asked: dict[str, Any], **_: Any) -> Response:
        """Give the request; another citizen's is as good as none."""
        binding = binding_in(asked)
        found = bind_request(identity_id=app.identity_id, binding=binding, now=self.now) if binding else None
        if found is None:
            raise Problem(ProblemCode.REQUEST_OVER)
        return Response(shape(RequestAnswer).to_representation(found))


@described(
    operation="decide_request",
    answer=DecisionAnswer,
    problems=BY_A_USABLE_APP
    | ANY_PIN
    | {ProblemCode.REQUEST_OVER, ProblemCode.APPROVAL_NOT_VALID, ProblemCode.NOT_BOUND},
)
class DecisionApi(KnownAppApi):
    """Approves, with the PIN and what binds app and browser; or rejects, with neither."""

    asked = DecisionAsked

    def act(self, app: AppView, asked: dict[str, Any], **kwargs: Any) -> Response:
        """Hold what was signed against what was asked, and decide."""
        waiting = requests_for_app(identity_id=app.identity_id, now=self.now)
        shown = next((request for request in waiting if request.id == kwargs["request_id"]), None)
        if shown is None:
            raise Problem(ProblemCode.REQUEST_OVER)
        is_approved: bool = asked["is_approved"]
        if not approval_holds(asked["approval"], app=app, shown=shown, is_approved=is_approved):
            raise Problem(ProblemCode.APPROVAL_NOT_VALID)
        outcome = decide_request(
            app=app,
            request_id=shown.id,
            binding=binding_in(asked),
            pin=asked.get("pin"),
            is_approved=is_approved,
            signed=asked["approval"],
            now=self.now,
        )
        match outcome:
            case Decided():
                return Response(shape(DecisionAnswer).to_representation({"decision": DECISIONS[is_approved]}))
            case DecisionRefused():
                raise problem_of_decision(outcome)
            case _:
                assert_never(outcome)
