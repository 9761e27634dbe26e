"""What an auditor reads of the log: every kind of event in words, by the app that it happened in."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from audit.api import ActorKind, EventKind
from registration.states import LogRefusal
from registration.texts import Text

APPS: Final[Mapping[str, Text]] = {
    "identities": _("Identities"),
    "authentication": _("Logins"),
    "selfservice": _("Self-service"),
    "registration": _("Backoffice"),
    "notifications": _("Alerts"),
    "hsm": _("Keys"),
    "audit": _("The log itself"),
    "portal": _("Backup and restore"),
}
KINDS: Final[Mapping[EventKind, Text]] = {
    EventKind.IDENTITY_ISSUED: _("Identity issued"),
    EventKind.IDENTITY_BLOCKED: _("Identity blocked"),
    EventKind.IDENTITY_REOPENED: _("Identity reopened"),
    EventKind.CONTACT_REGISTERED: _("Contact registered"),
    EventKind.CONTACT_REPLACED: _("Contact replaced"),
    EventKind.CONTACT_CODE_SENT: _("Code sent to a new contact"),
    EventKind.CONTACT_CODE_NOT_SENT: _("Code for a new contact not sent: too many"),
    EventKind.CONTACT_CODE_REFUSED: _("Code for a new contact refused"),
    EventKind.CONTACT_PROVEN: _("New contact proven with a code"),
    EventKind.TEXTS_STOPPED: _("Text messages stopped from the phone"),
    EventKind.TEXTS_STARTED: _("Text messages started again from the phone"),
    EventKind.USER_ID_CHANGED: _("User ID changed"),
    EventKind.CODE_DISPLAY_HANDED_OUT: _("Code device handed out"),
    EventKind.ACTIVATION_CODE_ISSUED: _("Activation code issued"),
    EventKind.ACTIVATION_CODE_REFUSED: _("Activation code refused"),
    EventKind.ACTIVATION_REFUSED: _("Activation refused"),
    EventKind.TEMPORARY_PIN_SENT: _("Temporary PIN sent"),
    EventKind.APP_COPY_SHOWN: _("Ticket for a copy of the app shown"),
    EventKind.AUTHENTICATOR_ACTIVATED: _("Authenticator activated"),
    EventKind.AUTHENTICATOR_PAUSED: _("Authenticator paused after wrong tries"),
    EventKind.AUTHENTICATOR_SUSPENDED: _("Authenticator suspended"),
    EventKind.AUTHENTICATOR_REOPENED: _("Authenticator reopened"),
    EventKind.AUTHENTICATOR_BLOCKED: _("Authenticator blocked"),
    EventKind.CODE_DEVICE_RESYNCED: _("Code device's clock found again"),
    EventKind.RESYNC_REFUSED: _("Code device's clock not found"),
    EventKind.LOGIN_SUCCEEDED: _("Logged in"),
    EventKind.LOGIN_REFUSED: _("Login refused"),
    EventKind.SIGNED_OUT: _("Logged out"),
    EventKind.PARALLEL_REQUEST_REFUSED: _("A second request to the app was refused"),
    EventKind.REQUEST_SUPERSEDED: _("A request took the place of another"),
    EventKind.REQUEST_APPROVED: _("A request was approved in the app"),
    EventKind.REQUEST_REJECTED: _("A request was rejected in the app"),
    EventKind.DECISION_REFUSED: _("The app's answer to a request was refused"),
    EventKind.OPENING_CODE_ISSUED: _("The app showed an opening code"),
    EventKind.CHANGE_REQUESTED: _("Change asked for"),
    EventKind.CHANGE_REQUEST_REFUSED: _("Change asked for and refused"),
    EventKind.CHANGE_CONFIRMED: _("Change confirmed and made"),
    EventKind.CHANGE_CONFIRM_REFUSED: _("Confirmation of a change refused"),
    EventKind.CHANGE_CANCELLED: _("Change stopped"),
    EventKind.CHANGE_EXPIRED: _("Change ran out"),
    EventKind.CHANGE_STOP_REFUSED: _("Answer to an alert stopped nothing"),
    EventKind.CASE_OPENED: _("Case opened"),
    EventKind.CASE_LOOKED_UP: _("Person looked up in the civil register"),
    EventKind.CASE_REGISTER_REFUSED: _("Person looked up who cannot be served"),
    EventKind.EVIDENCE_RECORDED: _("Document recorded"),
    EventKind.EVIDENCE_REFUSED: _("Document refused"),
    EventKind.QUESTION_ASKED: _("Control question asked"),
    EventKind.QUESTION_ANSWERED: _("Control question answered"),
    EventKind.CASE_APPROVED: _("Case approved"),
    EventKind.CASE_SECOND_APPROVED: _("Case approved by a second officer"),
    EventKind.CASE_REFUSED: _("Case refused"),
    EventKind.CASE_CANCELLED: _("Case given up"),
    EventKind.CITIZEN_FOUND: _("Support found a citizen"),
    EventKind.CITIZEN_NOT_FOUND: _("Support searched and found nobody"),
    EventKind.USER_ID_TOLD: _("Support told the user ID"),
    EventKind.PROFILE_VIEWED_BY_SUPPORT: _("Support looked at the details"),
    EventKind.SUPPORT_IDENTIFICATION_FAILED: _("Caller not identified"),
    EventKind.SUPPORT_IDENTIFIED: _("Caller identified"),
    EventKind.SUPPORT_REFUSED: _("Act of support refused"),
    EventKind.APPROVAL_REFUSED: _("Approval refused"),
    EventKind.CASE_AWAITS_SECOND: _("Case waits for a second officer"),
    EventKind.DESK_ACT_REFUSED: _("Act at the desk refused"),
    EventKind.HAND_OUT_REFUSED: _("Handing out refused"),
    EventKind.OFFICER_APPOINTED: _("Officer appointed"),
    EventKind.ORGANISATION_CREATED: _("Organisation created"),
    EventKind.OFFICE_CREATED: _("Office created"),
    EventKind.DEVICE_STOCKED: _("Device put into stock"),
    EventKind.LOG_SEARCHED: _("Log searched by an auditor"),
    EventKind.LOG_SEARCH_REFUSED: _("Look at the log refused"),
    EventKind.LOG_EVENT_VIEWED: _("Event looked at by an auditor"),
    EventKind.LOG_SEALS_VIEWED: _("Seals looked at by an auditor"),
    EventKind.DELIVERY_GIVEN_UP: _("Alert given up"),
    EventKind.DELIVERY_RESENT: _("Alert sent again by an operator"),
    EventKind.DELIVERY_RESEND_REFUSED: _("Sending an alert again refused"),
    EventKind.KEYS_FOUNDED: _("First keys made"),
    EventKind.KEY_CREATED: _("Key created"),
    EventKind.KEY_ACTIVATED: _("Key taken into use"),
    EventKind.KEY_RETIRED: _("Key retired"),
    EventKind.KEY_DESTROYED: _("Key destroyed"),
    EventKind.KEY_ERASED: _("Key erased from the module"),
    EventKind.REWRAP_STARTED: _("Re-wrapping of protected data begun"),
    EventKind.REWRAP_FINISHED: _("Re-wrapping of protected data finished"),
    EventKind.CUSTODIAN_ENROLLED: _("Key custodian enrolled"),
    EventKind.CUSTODIAN_DISMISSED: _("Key custodian dismissed"),
    EventKind.CEREMONY_REFUSED: _("Key ceremony refused"),
    EventKind.LOG_VERIFIED: _("Log verified"),
    EventKind.LOG_EXPORTED: _("Log exported"),
    EventKind.RESTORE_ACCEPTED: _("Restore of the log accepted"),
    EventKind.BACKUP_CREATED: _("Backup created"),
    EventKind.BACKUP_RESTORED: _("Backup restored"),
}
ACTORS: Final[Mapping[ActorKind, Text]] = {
    ActorKind.CITIZEN: _("Citizen"),
    ActorKind.OFFICER: _("Officer"),
    ActorKind.CUSTODIAN: _("Key custodian"),
    ActorKind.ALERT_HOLDER: _("Whoever answered an alert"),
    ActorKind.VISITOR: _("Somebody who was not logged in"),
    ActorKind.SYSTEM: _("The system"),
}
_BY_VALUE: Final[Mapping[str, Text]] = {kind.value: text for kind, text in KINDS.items()}
REFUSALS: Final[Mapping[LogRefusal, Text]] = {
    LogRefusal.OWN_IDENTITY: _("This is your own identity. Another auditor must look at what is about it."),
    LogRefusal.OWN_ACTS: _("These are your own acts. Another auditor must look at them."),
}


def words_for(kind: str) -> Text:
    """Put a kind of event into words; one that nobody knows (a forged row may hold it) stands as it is."""
    return _BY_VALUE.get(kind, kind)


def kinds_by_app() -> list[tuple[Text, list[tuple[str, Text]]]]:
    """List every kind under its app, as a select shows them."""
    return [
        (name, [(kind.value, text) for kind, text in KINDS.items() if kind.value.partition(".")[0] == app])
        for app, name in APPS.items()
    ]
