"""What a citizen reads of the log: which events, in which words, by whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from audit.api import ActorKind, EventKind, EventLine
from selfservice.states import EventGroup
from selfservice.texts import Text

GROUP_NAMES: Final[Mapping[EventGroup, Text]] = {
    EventGroup.LOGINS: _("Logins"),
    EventGroup.CHANGES: _("Changes"),
    EventGroup.CONTACTS: _("Phone and e-mail"),
    EventGroup.AUTHENTICATORS: _("Ways to log in"),
    EventGroup.BLOCKS: _("Issued, blocked, reopened"),
    EventGroup.OFFICERS: _("Looked up by staff"),
}
SHOWN: Final[Mapping[EventGroup, Mapping[EventKind, Text]]] = {
    EventGroup.LOGINS: {
        EventKind.LOGIN_SUCCEEDED: _("Logged in"),
        EventKind.LOGIN_REFUSED: _("A login was refused"),
        EventKind.SIGNED_OUT: _("Logged out"),
        EventKind.PARALLEL_REQUEST_REFUSED: _("A second request to the app was refused"),
        EventKind.REQUEST_SUPERSEDED: _("A request took the place of another"),
        EventKind.REQUEST_APPROVED: _("A request was approved in the app"),
        EventKind.REQUEST_REJECTED: _("A request was rejected in the app"),
        EventKind.DECISION_REFUSED: _("The app's answer to a request was refused"),
        EventKind.OPENING_CODE_ISSUED: _("The app showed an opening code"),
    },
    EventGroup.CHANGES: {
        EventKind.CHANGE_REQUESTED: _("A change was asked for"),
        EventKind.CHANGE_REQUEST_REFUSED: _("A change was asked for and refused"),
        EventKind.CHANGE_CONFIRMED: _("A change was confirmed and made"),
        EventKind.CHANGE_CONFIRM_REFUSED: _("The confirmation of a change was refused"),
        EventKind.CHANGE_CANCELLED: _("A change was stopped"),
        EventKind.CHANGE_EXPIRED: _("A change ran out"),
        EventKind.CHANGE_STOP_REFUSED: _("An answer to an alert stopped nothing"),
        EventKind.USER_ID_CHANGED: _("The user ID was changed"),
    },
    EventGroup.CONTACTS: {
        EventKind.CONTACT_REGISTERED: _("A contact was registered"),
        EventKind.CONTACT_REPLACED: _("A contact was replaced"),
        EventKind.CONTACT_CODE_SENT: _("A code was sent to a new contact"),
        EventKind.CONTACT_CODE_NOT_SENT: _("A code for a new contact was not sent: there were too many"),
        EventKind.CONTACT_CODE_REFUSED: _("A code for a new contact was refused"),
        EventKind.CONTACT_PROVEN: _("A new contact was proven with a code"),
        EventKind.TEXTS_STOPPED: _("Your phone company was told to stop our text messages"),
        EventKind.TEXTS_STARTED: _("Your phone company was told to let our text messages through again"),
    },
    EventGroup.AUTHENTICATORS: {
        EventKind.CODE_DISPLAY_HANDED_OUT: _("A code display or an audio code reader was handed out"),
        EventKind.ACTIVATION_CODE_ISSUED: _("An activation code was issued"),
        EventKind.ACTIVATION_CODE_REFUSED: _("An activation code was asked for and refused"),
        EventKind.ACTIVATION_REFUSED: _("An activation was refused"),
        EventKind.TEMPORARY_PIN_SENT: _("A temporary PIN was sent"),
        EventKind.APP_COPY_SHOWN: _("The app showed a code for a new phone"),
        EventKind.AUTHENTICATOR_ACTIVATED: _("Activated"),
        EventKind.AUTHENTICATOR_PAUSED: _("Paused after wrong tries"),
        EventKind.AUTHENTICATOR_SUSPENDED: _("Suspended"),
        EventKind.AUTHENTICATOR_REOPENED: _("Reopened"),
        EventKind.AUTHENTICATOR_BLOCKED: _("Blocked"),
        EventKind.CODE_DEVICE_RESYNCED: _("The clock was set right by two codes"),
        EventKind.RESYNC_REFUSED: _("Two codes that were to set the clock right did not fit"),
    },
    EventGroup.BLOCKS: {
        EventKind.IDENTITY_ISSUED: _("The identity was issued"),
        EventKind.IDENTITY_BLOCKED: _("The identity was blocked"),
        EventKind.IDENTITY_REOPENED: _("The identity was reopened"),
    },
    EventGroup.OFFICERS: {
        EventKind.CITIZEN_FOUND: _("Support found your identity"),
        EventKind.PROFILE_VIEWED_BY_SUPPORT: _("Support looked at your details"),
        EventKind.USER_ID_TOLD: _("Support told the user ID"),
        EventKind.SUPPORT_IDENTIFICATION_FAILED: _("A caller could not show support to be you"),
    },
}
ALL_SHOWN: Final = frozenset(kind for kinds in SHOWN.values() for kind in kinds)
TITLES: Final = {kind: title for kinds in SHOWN.values() for kind, title in kinds.items()}
DETAILS: Final[Mapping[str, Mapping[str, Text]]] = {
    "field": {
        "phone": _("phone number"),
        "email": _("e-mail address"),
        "user_id": _("user ID"),
        "password": _("password"),
        "authenticator": _("a new way to log in"),
        "reopening": _("reopening"),
        "app_copy": _("app on a new phone"),
    },
    "kind": {"phone": _("phone number"), "email": _("e-mail address")},
    "authenticator": {
        "app": _("app"),
        "code_display": _("code display"),
        "audio_code_reader": _("audio code reader"),
        "chip": _("chip"),
        "password": _("password"),
    },
    "reason": {
        "too_early": _("too early"),
        "too_late": _("too late"),
        "same_login": _("the same login"),
        "taken": _("taken"),
        "wrong": _("wrong code"),
        "expired": _("run out"),
        "already_pending": _("one waits already"),
        "unchanged": _("the same as before"),
        "wrong_tries": _("wrong tries"),
        "replaced": _("replaced by another"),
        "copied": _("perhaps copied"),
        "phone_too_new": _("the phone number is too new"),
        "no_phone": _("no phone number"),
        "at_most": _("as many as there may be"),
        "no_code": _("no such code"),
        "wrong_code": _("wrong code"),
        "wrong_pin": _("wrong temporary PIN"),
        "over": _("too late, or three wrong tries"),
        "too_many_pins": _("too many temporary PINs in an hour"),
        "phone_taken": _("the phone is somebody else's"),
        "key_in_use": _("this phone has had an app"),
        "same_channel": _("both codes by text message"),
        "lost_device": _("lost device"),
        "suspected_misuse": _("suspected misuse"),
        "unexpected_alert": _("an alert that was not expected"),
        "not_accepted": _("code or password not accepted"),
        "blocked": _("blocked"),
        "is_blocked": _("blocked"),
        "is_suspended": _("suspended"),
        "not_yours_to_reopen": _("not suspended by you alone"),
        "other_app": _("not the app that is copied"),
        "level_too_low": _("the login was not secure enough"),
        "too_many_requests": _("too many times in a day"),
        "own_wish": _("own wish"),
    },
    "carrier": {"paper": _("on paper"), "screen": _("on the screen"), "sms": _("by text message")},
    "by": {
        "citizen": _("by you"),
        "support": _("by support"),
        "alert_holder": _("by an answer to an alert"),
        "block": _("by a block"),
    },
    "source": {
        "citizen": _("by you"),
        "alert_holder": _("by an answer to an alert"),
        "support": _("by support"),
        "ra": _("by Citizen Service or a bank"),
        "register": _("after an entry in the civil register"),
        "fraud": _("for fraud"),
    },
    "ending": {
        "signed_out": _("by you"),
        "replaced": _("by a newer login"),
        "change_confirmed": _("because a change was confirmed"),
    },
    "door": {"portal": _("self-service"), "backoffice": _("backoffice"), "app": _("in the app")},
}
OFFICERS_OF_SUPPORT: Final = frozenset(SHOWN[EventGroup.OFFICERS])
ACTORS: Final[Mapping[ActorKind, Text]] = {
    ActorKind.CITIZEN: _("You"),
    ActorKind.OFFICER: _("Citizen Service or a bank"),
    ActorKind.ALERT_HOLDER: _("Whoever answered an alert"),
    ActorKind.VISITOR: _("Somebody who was not logged in"),
    ActorKind.SYSTEM: _("The system"),
}
SUPPORT: Final = _("Support")


@dataclass(frozen=True, kw_only=True)
class ActivityLine:
    """One event as its citizen reads it."""

    at: datetime
    title: str
    details: tuple[str, ...]
    by: str


def kinds_of(group: EventGroup | None) -> frozenset[EventKind]:
    """List the kinds of a group, or all that a citizen may see."""
    return ALL_SHOWN if group is None else frozenset(SHOWN[group])


def line_of(event: EventLine) -> ActivityLine:
    """Put an event into words; an officer is named by the kind of house, never as a person."""
    details = [DETAILS[name][str(value)] for name, value in event.facts.items() if str(value) in DETAILS.get(name, {})]
    serial = event.facts.get("serial")
    return ActivityLine(
        at=event.at,
        title=str(TITLES[event.kind]),
        details=tuple(str(detail) for detail in details) + ((str(serial),) if serial else ()),
        by=str(_actor(event)),
    )


def _actor(event: EventLine) -> Text:
    is_supporter = event.kind in OFFICERS_OF_SUPPORT or "support" in {
        event.facts.get("source"),
        event.facts.get("by"),
    }
    return SUPPORT if event.actor.kind is ActorKind.OFFICER and is_supporter else ACTORS[event.actor.kind]
