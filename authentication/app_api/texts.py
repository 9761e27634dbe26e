"""What the app is told of a refusal beyond its code."""

from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authentication.app_api.problems import Problem, ProblemCode
from authentication.outcomes import DecisionRefused, PinRefused
from authentication.states import DecisionRefusal
from identities.api import ConfirmRefusal, EnrolmentRefusal, PinRefusal, RequestRefusal, TicketRefusal

NO_ROOM: Final = _("You have three apps already. Block one of them in self-service, and start again.")
PHONE_TOO_NEW: Final = _(
    "Your phone number was registered less than five days ago, so no code is sent to it yet. Try again later, or get "
    "the new app at Citizen Service."
)
NOT_POSSIBLE: Final = _("The app cannot be copied now. Citizen Service can help you to a new one.")

PROBLEM_OF_DECISION: Final[dict[DecisionRefusal, ProblemCode]] = {
    DecisionRefusal.GONE: ProblemCode.REQUEST_OVER,
    DecisionRefusal.NOT_BOUND: ProblemCode.NOT_BOUND,
    DecisionRefusal.WRONG_PIN: ProblemCode.WRONG_PIN,
    DecisionRefusal.PAUSED: ProblemCode.APP_PAUSED,
    DecisionRefusal.BLOCKED: ProblemCode.APP_BLOCKED,
}

PIN_REFUSED: Final[dict[PinRefusal, Promise]] = {
    PinRefusal.NOT_SIX_DIGITS: _("A PIN has six digits."),
    PinRefusal.ALL_EQUAL: _("Six equal digits are too easy to guess. Choose another PIN."),
    PinRefusal.RUN: _("Digits that run up or down are too easy to guess. Choose another PIN."),
    PinRefusal.PERSONAL: _("Do not use digits of your CPR number or your birthday. Choose another PIN."),
}

ENROLMENT_REFUSED: Final[dict[EnrolmentRefusal, Promise]] = {
    EnrolmentRefusal.WRONG_PIN: _(
        "The app was not set up: the code from the text message was not accepted. If no message came, check your user "
        "ID and the activation code, and start again."
    ),
    EnrolmentRefusal.OVER: _("The time has run out, or there were three wrong codes. Start again from the beginning."),
    EnrolmentRefusal.AT_MOST: NO_ROOM,
    EnrolmentRefusal.PHONE_TAKEN: _(
        "Somebody else's app is on this phone, at the level High: such an app shares its phone with nobody. Use "
        "another phone."
    ),
    EnrolmentRefusal.KEY_IN_USE: _("This phone has set up an app already. Start again from the beginning."),
}

COPY_NOT_TAKEN: Final[dict[StrEnum, Promise]] = {
    RequestRefusal.ALREADY_PENDING: _("A copy is under way already. Wait for it, or stop it first."),
    RequestRefusal.AT_MOST: NO_ROOM,
    RequestRefusal.PHONE_TOO_NEW: PHONE_TOO_NEW,
    RequestRefusal.NO_PHONE: _("No phone is registered that a code could be sent to."),
    RequestRefusal.TOO_MANY_REQUESTS: _("This was asked for many times today. Wait a day, or call support."),
}

COPY_NOT_NOW: Final[dict[ConfirmRefusal, Promise]] = {
    ConfirmRefusal.NOT_PENDING: _("This copy was stopped or has been made. Start again if you want another one."),
    ConfirmRefusal.TOO_EARLY: _("The hour has not passed yet. Open the app again when it has."),
    ConfirmRefusal.TOO_LATE: _("The time for this copy has run out. Start again."),
    ConfirmRefusal.AT_MOST: NO_ROOM,
    ConfirmRefusal.PHONE_TOO_NEW: PHONE_TOO_NEW,
}

TICKET_NOT_NOW: Final[dict[TicketRefusal, Promise]] = {
    TicketRefusal.NOT_CONFIRMED: _("This copy was stopped, or a block has ended it. Start again."),
    TicketRefusal.TOO_LATE: _("The time for this copy has run out. Start again."),
    TicketRefusal.ALREADY_COPIED: _("This copy has been made. Start again if you want another one."),
    TicketRefusal.NOT_ACTIVE: _("This app is blocked or suspended, and cannot be copied."),
}


def problem_of_decision(refused: DecisionRefused | PinRefused) -> Problem:
    """Give the problem that a refusal by the PIN or the request is told as."""
    return Problem(PROBLEM_OF_DECISION[refused.reason], paused_until=refused.paused_until)
