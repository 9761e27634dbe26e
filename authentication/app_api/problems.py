"""Answers to what cannot be done: problem details (RFC 9457), in plain words and with a code that stays.

``detail`` is for the person who holds the phone, in the language that the request asked for. ``code`` is for the app.
Neither tells an app, a request or a user ID that there is not from somebody else's.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.http import JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MEDIA_TYPE: Final = "application/problem+json"
SOON: Final = timedelta(seconds=5)
A_WHILE: Final = timedelta(minutes=10)


class ProblemCode(StrEnum):
    """What went wrong; a code keeps its meaning for as long as the interface has the version 1."""

    MALFORMED = "malformed"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    TOO_LARGE = "too_large"
    WRONG_ADDRESS = "wrong_address"
    BAD_NONCE = "bad_nonce"
    NOT_ACCEPTED = "not_accepted"
    INVALID = "invalid"
    APP_SUSPENDED = "app_suspended"
    APP_BLOCKED = "app_blocked"
    APP_PAUSED = "app_paused"
    IDENTITY_BLOCKED = "identity_blocked"
    WRONG_PIN = "wrong_pin"
    PIN_NOT_ALLOWED = "pin_not_allowed"
    ENROLMENT_REFUSED = "enrolment_refused"
    SESSION_ENDED = "session_ended"
    APPROVAL_NOT_VALID = "approval_not_valid"
    NOT_BOUND = "not_bound"
    REQUEST_OVER = "request_over"
    COPY_REFUSED = "copy_refused"
    TOO_MANY_TRIES = "too_many_tries"
    UNAVAILABLE = "unavailable"
    SERVER_ERROR = "server_error"


STATUS: Final[dict[ProblemCode, HTTPStatus]] = {
    ProblemCode.MALFORMED: HTTPStatus.BAD_REQUEST,
    ProblemCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ProblemCode.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    ProblemCode.WRONG_CONTENT_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ProblemCode.WRONG_ADDRESS: HTTPStatus.BAD_REQUEST,
    ProblemCode.BAD_NONCE: HTTPStatus.BAD_REQUEST,
    ProblemCode.NOT_ACCEPTED: HTTPStatus.FORBIDDEN,
    ProblemCode.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.APP_SUSPENDED: HTTPStatus.FORBIDDEN,
    ProblemCode.APP_BLOCKED: HTTPStatus.FORBIDDEN,
    ProblemCode.APP_PAUSED: HTTPStatus.FORBIDDEN,
    ProblemCode.IDENTITY_BLOCKED: HTTPStatus.FORBIDDEN,
    ProblemCode.WRONG_PIN: HTTPStatus.FORBIDDEN,
    ProblemCode.PIN_NOT_ALLOWED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.ENROLMENT_REFUSED: HTTPStatus.FORBIDDEN,
    ProblemCode.SESSION_ENDED: HTTPStatus.FORBIDDEN,
    ProblemCode.APPROVAL_NOT_VALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.NOT_BOUND: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.REQUEST_OVER: HTTPStatus.CONFLICT,
    ProblemCode.COPY_REFUSED: HTTPStatus.CONFLICT,
    ProblemCode.TOO_MANY_TRIES: HTTPStatus.TOO_MANY_REQUESTS,
    ProblemCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemCode.SERVER_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
}

DETAIL: Final[dict[ProblemCode, Promise]] = {
    ProblemCode.MALFORMED: _("The app sent something that we cannot read. Update the app and try again."),
    ProblemCode.NOT_FOUND: _("This is not here, or not for this app."),
    ProblemCode.METHOD_NOT_ALLOWED: _("The app asked in a way that is not used here. Update the app and try again."),
    ProblemCode.WRONG_CONTENT_TYPE: _("The app sent something that we cannot read. Update the app and try again."),
    ProblemCode.TOO_LARGE: _("The app sent more than we take. Update the app and try again."),
    ProblemCode.WRONG_ADDRESS: _("What the app sent was meant for another address. Open the app again."),
    ProblemCode.BAD_NONCE: _("What the app sent was too old, or was sent before. Try again."),
    ProblemCode.NOT_ACCEPTED: _("This app is not known to us. Set it up again, with an activation code."),
    ProblemCode.INVALID: _("Something that you typed cannot be used. Check it and try again."),
    ProblemCode.APP_SUSPENDED: _("This app is suspended. You can reopen it in self-service."),
    ProblemCode.APP_BLOCKED: _("This app is blocked for good. Set up a new one, with an activation code."),
    ProblemCode.APP_PAUSED: _(
        "There were three wrong PINs. The app is paused for a while; then you can try again. After more wrong PINs it "
        "is blocked."
    ),
    ProblemCode.IDENTITY_BLOCKED: _(
        "This identity is blocked. It can be reopened only in person at Citizen Service; bring your passport."
    ),
    ProblemCode.WRONG_PIN: _("The PIN was wrong. After three wrong PINs the app is paused."),
    ProblemCode.PIN_NOT_ALLOWED: _("This PIN is too easy to guess. Choose another one."),
    ProblemCode.ENROLMENT_REFUSED: _("The app was not set up. Check the codes, or get a new activation code."),
    ProblemCode.SESSION_ENDED: _("You have been logged out of the app. Give your PIN again."),
    ProblemCode.APPROVAL_NOT_VALID: _("What you were shown is not what was asked. Nothing was approved. Start again."),
    ProblemCode.NOT_BOUND: _("This is not the code that your browser shows now. Scan it again, or type it again."),
    ProblemCode.REQUEST_OVER: _("This request is over: its five minutes have passed, or it was answered before."),
    ProblemCode.COPY_REFUSED: _("The app cannot be copied to a new phone now."),
    ProblemCode.TOO_MANY_TRIES: _("There were too many wrong tries from your network. Wait 10 minutes and try again."),
    ProblemCode.UNAVAILABLE: _("We are out of order for the moment. Nothing was stored. Try again in a few minutes."),
    ProblemCode.SERVER_ERROR: _("The fault is ours. Nothing was stored. Try again in a few minutes."),
}

RETRY_AFTER: Final[dict[ProblemCode, timedelta]] = {
    ProblemCode.TOO_MANY_TRIES: A_WHILE,
    ProblemCode.UNAVAILABLE: SOON,
}


class Problem(Exception):  # noqa: N818 - the RFC's word; to a view what Http404 is to a page
    """A view ends here. Nothing is rolled back by it: use cases return their refusals, and views raise them."""

    def __init__(
        self,
        code: ProblemCode,
        *,
        reason: str | None = None,
        detail: Promise | str | None = None,
        paused_until: datetime | None = None,
        invalid: Mapping[str, list[str]] | None = None,
    ) -> None:
        """Take the code, and what more the app needs to help its owner."""
        super().__init__(code.value)
        self.code = code
        self.detail = detail or DETAIL[code]
        told = {"reason": reason, "paused_until": paused_until, "invalid": invalid}
        self.extensions = {name: value for name, value in told.items() if value is not None}

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status that goes with the code."""
        return STATUS[self.code]

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's head says beside its type."""
        wait = RETRY_AFTER.get(self.code)
        return {} if wait is None else {"Retry-After": str(int(wait.total_seconds()))}

    def body(self) -> dict[str, Any]:
        """Give the problem as RFC 9457 writes it."""
        return {
            "type": f"{settings.PUBLIC_ADDRESS}/api/app/v1/schema#{self.code.value}",
            "title": self.status.phrase,
            "status": self.status.value,
            "code": self.code.value,
            "detail": str(self.detail),
            **self.extensions,
        }


def problem_page(status: HTTPStatus) -> JsonResponse:
    """Say what went wrong before a view was reached, or outside of one."""
    problem = Problem(next((code for code, its in STATUS.items() if its is status), ProblemCode.MALFORMED))
    return JsonResponse(problem.body(), status=problem.status.value, content_type=MEDIA_TYPE, headers=problem.headers)
