"""An app is set up."""

from typing import Any, Final, assert_never
from uuid import UUID

from django.conf import settings
from rest_framework.response import Response

from authentication.app_api.answers import AppAnswer, EnrolmentAnswer
from authentication.app_api.problems import Problem, ProblemCode
from authentication.app_api.schema import BY_AN_APP, described
from authentication.app_api.serializers import CompletionAsked, EnrolmentAsked
from authentication.app_api.texts import ENROLMENT_REFUSED, PIN_REFUSED
from authentication.app_api.usecases.enrol import begin_enrolment, complete_enrolment
from authentication.app_api.views.base import EnrolmentApi
from authentication.throttle import note_wrong_try, source_may_try
from identities.api import AppActivated, AppPlatform, EnrolmentRefused, PinNotAllowed, app_of

BEGUN: Final = "app-enrolment"
WRONG: Final = "app-enrolment-wrong"


@described(
    operation="begin_enrolment",
    answer=EnrolmentAnswer,
    status=201,
    problems=BY_AN_APP | {ProblemCode.TOO_MANY_TRIES},
)
class EnrolmentsApi(EnrolmentApi):
    """The first code: from paper or a screen, or the ticket that the old phone shows."""

    asked = EnrolmentAsked

    def act(self, device_key: bytes, asked: dict[str, Any], **_: Any) -> Response:
        """Answer alike for a right code, a wrong one, and a user ID that nobody has (TRY-2).

        No device and no login stands before this: how often one source may begin bounds what a stranger tries.
        """
        if not source_may_try(self.request, BEGUN, most=settings.ENROLMENTS_PER_SOURCE):
            raise Problem(ProblemCode.TOO_MANY_TRIES)
        note_wrong_try(self.request, BEGUN)
        begun = begin_enrolment(
            user_id=asked["user_id"],
            activation_code=asked.get("activation_code"),
            copy_token=asked.get("copy_token"),
            device_key=device_key,
            installation_id=asked["installation_id"],
            platform=AppPlatform(asked["platform"]),
            now=self.now,
        )
        return Response(EnrolmentAnswer(begun).data, status=201)


@described(
    operation="complete_enrolment",
    answer=AppAnswer,
    status=201,
    problems=BY_AN_APP | {ProblemCode.ENROLMENT_REFUSED, ProblemCode.PIN_NOT_ALLOWED, ProblemCode.TOO_MANY_TRIES},
)
class CompletionApi(EnrolmentApi):
    """The second code, from the SMS, and the PIN; signed with the key that began the enrolment."""

    asked = CompletionAsked

    def act(self, device_key: bytes, asked: dict[str, Any], **kwargs: Any) -> Response:
        """Make the app, or say what is wrong."""
        enrolment_id: UUID = kwargs["enrolment_id"]
        if not source_may_try(self.request, WRONG):
            raise Problem(ProblemCode.TOO_MANY_TRIES)
        outcome = complete_enrolment(
            enrolment_id=enrolment_id,
            device_key=device_key,
            temporary_pin=asked["temporary_pin"],
            pin=asked["pin"],
            now=self.now,
        )
        match outcome:
            case AppActivated(app_id=app_id, level=level):
                app = app_of(app_id)
                user_id = app.user_id if app else ""
                return Response(AppAnswer({"app_id": app_id, "user_id": user_id, "level": level}).data, status=201)
            case EnrolmentRefused(reason=reason):
                note_wrong_try(self.request, WRONG)
                raise Problem(ProblemCode.ENROLMENT_REFUSED, reason=reason.value, detail=ENROLMENT_REFUSED[reason])
            case PinNotAllowed(reason=reason):
                raise Problem(ProblemCode.PIN_NOT_ALLOWED, reason=reason.value, detail=PIN_REFUSED[reason])
            case _:
                assert_never(outcome)
