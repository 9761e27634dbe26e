"""What citizens read about their authenticators: what each is called, what it is doing, and what stopping it means."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from identities.api import (
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    AuthenticatorView,
    BlockSource,
    ChangeField,
    ChangeView,
    ChipRefusal,
    wanted_authenticator,
    wanted_copy,
    wanted_reopening,
)
from selfservice.states import StoppingAct
from selfservice.texts import Text

KIND_NAMES: Final[Mapping[AuthenticatorKind, Text]] = {
    AuthenticatorKind.APP: _("App"),
    AuthenticatorKind.CODE_DISPLAY: _("Code display"),
    AuthenticatorKind.AUDIO_READER: _("Audio code reader"),
    AuthenticatorKind.CHIP: _("Chip"),
    AuthenticatorKind.PASSWORD: _("Password"),
}
APP_NAMES: Final[Mapping[str, Text]] = {
    "android": _("App on an Android phone"),
    "iphone": _("App on an iPhone"),
    "computer": _("App on a computer"),
    "other": _("App on another device"),
}
STATE_NAMES: Final[Mapping[AuthenticatorState, Text]] = {
    AuthenticatorState.ACTIVE: _("Active"),
    AuthenticatorState.SUSPENDED: _("Suspended"),
    AuthenticatorState.BLOCKED: _("Blocked"),
}
LEVEL_NAMES: Final[Mapping[AssuranceLevel, Text]] = {
    AssuranceLevel.LOW: _("Low"),
    AssuranceLevel.SUBSTANTIAL: _("Substantial"),
    AssuranceLevel.HIGH: _("High"),
}
SUSPENDED_BY: Final[Mapping[BlockSource, Text]] = {
    BlockSource.CITIZEN: _("Suspended by you"),
    BlockSource.ALERT_HOLDER: _("Suspended by an answer to an alert"),
    BlockSource.SUPPORT: _("Suspended by support"),
    BlockSource.RA: _("Suspended by Citizen Service or a bank"),
    BlockSource.REGISTER: _("Suspended after an entry in the civil register"),
    BlockSource.FRAUD: _("Suspended because of suspected misuse"),
}
REASONS: Final[Mapping[AuthenticatorBlockReason, Text]] = {
    AuthenticatorBlockReason.SUSPECTED_MISUSE: _("I think that somebody else uses it"),
    AuthenticatorBlockReason.LOST_DEVICE: _("I have lost it"),
    AuthenticatorBlockReason.OWN_WISH: _("Another reason"),
}
STOP_TITLES: Final[Mapping[StoppingAct, Mapping[AuthenticatorKind, Text]]] = {
    StoppingAct.SUSPEND: {
        AuthenticatorKind.APP: _("Suspend the app"),
        AuthenticatorKind.CODE_DISPLAY: _("Suspend the code display"),
        AuthenticatorKind.AUDIO_READER: _("Suspend the audio code reader"),
        AuthenticatorKind.CHIP: _("Suspend the chip"),
        AuthenticatorKind.PASSWORD: _("Suspend the password"),
    },
    StoppingAct.BLOCK: {
        AuthenticatorKind.APP: _("Block the app"),
        AuthenticatorKind.CODE_DISPLAY: _("Block the code display"),
        AuthenticatorKind.AUDIO_READER: _("Block the audio code reader"),
        AuthenticatorKind.CHIP: _("Block the chip"),
        AuthenticatorKind.PASSWORD: _("Block the password"),
    },
}
AFTER_A_BLOCK: Final[Mapping[AuthenticatorKind, Text]] = {  # AUT-1
    AuthenticatorKind.APP: _(
        "This app never opens anything again. You can have the app on the same phone with a new activation."
    ),
    AuthenticatorKind.CODE_DISPLAY: _(
        "This code display can never be used again. You get another one at Citizen Service or in your bank."
    ),
    AuthenticatorKind.AUDIO_READER: _(
        "This audio code reader can never be used again. You get another one at Citizen Service."
    ),
    AuthenticatorKind.CHIP: _("What stands on the chip now is worthless. The same chip can be added anew."),
    AuthenticatorKind.PASSWORD: _(
        "Code display, audio code reader and chip open nothing without it. You choose a new one with an activation "
        "code from Citizen Service or support."
    ),
}
AFTER_A_SUSPENSION: Final[Text] = _(
    "It opens nothing until you reopen it here. That takes two logins with at least an hour between them, and so you "
    "need another way to log in."
)
STOPPED_TITLES: Final[Mapping[StoppingAct, Text]] = {
    StoppingAct.SUSPEND: _("It is suspended"),
    StoppingAct.BLOCK: _("It is blocked"),
    StoppingAct.SIGN_OUT: _("You are logged out everywhere"),
}
STOPPED_TEXTS: Final[Mapping[StoppingAct, Text]] = {
    StoppingAct.SUSPEND: _(
        "You are logged out everywhere, every change that waited is stopped, and activation codes that you had are "
        "worthless. Log in another way to reopen it."
    ),
    StoppingAct.BLOCK: _(
        "You are logged out everywhere, every change that waited is stopped, and activation codes that you had are "
        "worthless."
    ),
    StoppingAct.SIGN_OUT: _(
        "Every browser and every app that was logged in must log in again. Changes that wait still wait."
    ),
}
CLOCK_NOT_FOUND: Final[Text] = _(
    "These are not two codes in a row of your device. Wait for a fresh code, type it, and then the one that comes "
    "right after it. If that does not help, get another device at Citizen Service."
)
CLOCK_PAUSED: Final[Text] = _(
    "Your device is paused after three wrong tries from here: first for 10 minutes, then for an hour. Try again later."
)
CHIP_REFUSALS: Final[Mapping[ChipRefusal, Text]] = {
    ChipRefusal.NOT_VERIFIED: _("Your chip's answer could not be used. Try again, within five minutes."),
    ChipRefusal.UNKNOWN_MODEL: _("This make of chip cannot be used here. Citizen Service can tell you which can."),
    ChipRefusal.TAKEN: _("This chip cannot be added. Use another chip, or empty this one and try again."),
    ChipRefusal.AT_MOST: _("You have a chip already. Block it before you add another."),
}


def name_of(view: AuthenticatorView) -> str:
    """Say what an authenticator is, so that its owner knows which."""
    if view.kind is AuthenticatorKind.APP:
        return str(APP_NAMES.get(view.label, KIND_NAMES[view.kind]))
    return f"{KIND_NAMES[view.kind]} {view.label}".strip()


def text_of_new_value(change: ChangeView, *, owned: list[AuthenticatorView]) -> str:
    """Say what a change puts in place; of a password nothing, and of a chip no key (CHG-4)."""
    match change.field:
        case ChangeField.PASSWORD:
            return gettext("The one you chose. It is shown nowhere.")
        case ChangeField.AUTHENTICATOR:
            kind, _credential = wanted_authenticator(change.new_value)
            return str(KIND_NAMES[kind])
        case ChangeField.REOPENING:
            _kind, authenticator_id = wanted_reopening(change.new_value)
            return _named(authenticator_id, owned)
        case ChangeField.APP_COPY:
            return _named(wanted_copy(change.new_value), owned)
        case _:
            return change.new_value


def _named(authenticator_id: object, owned: list[AuthenticatorView]) -> str:
    return next((name_of(view) for view in owned if view.id == authenticator_id), "")
