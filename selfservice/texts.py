"""What citizens read, one mapping for each enumeration."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from identities.api import (
    ChangeField,
    CodeRefusal,
    ConfirmRefusal,
    ContactKind,
    Guessability,
    PasswordRefusal,
    RequestRefusal,
    UserIdRefusal,
)
from mitid_portal.times import danish_time
from notifications.api import Language
from selfservice.states import ChangeStage

Text = str | Promise

FIELD_NAMES: Final[Mapping[ChangeField, Text]] = {
    ChangeField.PHONE: _("Phone number"),
    ChangeField.EMAIL: _("E-mail address"),
    ChangeField.USER_ID: _("User ID"),
    ChangeField.PASSWORD: _("Password"),
    ChangeField.AUTHENTICATOR: _("New way to log in"),
    ChangeField.REOPENING: _("Reopening"),
    ChangeField.APP_COPY: _("App on a new phone"),
}
NEW_VALUE_NAMES: Final[Mapping[ChangeField, Text]] = {
    ChangeField.PHONE: _("New phone number"),
    ChangeField.EMAIL: _("New e-mail address"),
    ChangeField.USER_ID: _("New user ID"),
    ChangeField.PASSWORD: _("New password"),
    ChangeField.AUTHENTICATOR: _("What you get"),
    ChangeField.REOPENING: _("What is reopened"),
    ChangeField.APP_COPY: _("The app that is copied"),
}
UNREACHED: Final[Mapping[ContactKind, Text]] = {
    ContactKind.PHONE: _("A text message to you did not arrive. Is your phone number right? If not, change it."),
    ContactKind.EMAIL: _("An e-mail to you did not arrive. Is your e-mail address right? If not, change it."),
}
CHANGE_TITLES: Final[Mapping[ChangeField, Text]] = {
    ChangeField.PHONE: _("Change of your phone number"),
    ChangeField.EMAIL: _("Change of your e-mail address"),
    ChangeField.USER_ID: _("Change of your user ID"),
    ChangeField.PASSWORD: _("Change of your password"),
    ChangeField.AUTHENTICATOR: _("A new way for you to log in"),
    ChangeField.REOPENING: _("Reopening of something that you suspended"),
    ChangeField.APP_COPY: _("Your app on a new phone"),
}
DONE_TITLES: Final[Mapping[ChangeField, Text]] = {
    ChangeField.PHONE: _("Your phone number is changed"),
    ChangeField.EMAIL: _("Your e-mail address is changed"),
    ChangeField.USER_ID: _("Your user ID is changed"),
    ChangeField.PASSWORD: _("Your password is changed"),
    ChangeField.AUTHENTICATOR: _("You have a new way to log in"),
    ChangeField.REOPENING: _("It is reopened"),
    ChangeField.APP_COPY: _("Your app may be copied to your new phone"),
}
STAGE_NAMES: Final[Mapping[ChangeStage, Text]] = {
    ChangeStage.WAITS: _("Waits"),
    ChangeStage.NEEDS_SECOND_LOGIN: _("Ready, once you have logged in again"),
    ChangeStage.MAY_BE_CONFIRMED: _("Ready to be confirmed"),
    ChangeStage.OVER: _("Ran out"),
    ChangeStage.CONFIRMED: _("Made"),
    ChangeStage.CANCELLED: _("Stopped"),
    ChangeStage.EXPIRED: _("Ran out"),
}
LANGUAGE_NAMES: Final[Mapping[Language, Text]] = {Language.DA: _("Danish"), Language.EN: _("English")}
REQUEST_REFUSALS: Final[Mapping[RequestRefusal, Text]] = {
    RequestRefusal.ALREADY_PENDING: _(
        "A change of this waits already. Confirm it or stop it before you ask for another."
    ),
    RequestRefusal.NOT_PROVEN: _("The code was not accepted. Ask for a new one."),
    RequestRefusal.NOT_ACTIVE: _(
        "Your identity is blocked. Nothing can be changed before Citizen Service has reopened it."
    ),
    RequestRefusal.TOO_MANY_TAKEN: _(
        "You have tried many user IDs that are taken. Wait a day, or ask Citizen Service to help you."
    ),
    RequestRefusal.UNCHANGED: _("This is what you have already."),
    RequestRefusal.AT_MOST: _("You have as many of these as you may. Block one before you ask for another."),
    RequestRefusal.PHONE_TOO_NEW: _(
        "Your phone number is new. For your safety no code is sent to it in the first five days."
    ),
    RequestRefusal.NO_PHONE: _("You have no phone number that a code can be sent to."),
    RequestRefusal.IS_BLOCKED: _("This is blocked. Ask Citizen Service or support for an activation code."),
    RequestRefusal.IS_SUSPENDED: _("This is suspended. Reopen it first."),
    RequestRefusal.NOT_YOURS_TO_REOPEN: _(
        "You can reopen only what you alone have suspended. For anything else go to Citizen Service."
    ),
    RequestRefusal.NO_SUCH_APP: _("This app cannot be copied any more."),
    RequestRefusal.TOO_MANY_REQUESTS: _(
        "You have asked for this change many times today. Wait a day, or call support."
    ),
}
USER_ID_REFUSALS: Final[Mapping[UserIdRefusal, Text]] = {
    UserIdRefusal.TOO_SHORT: _("A user ID has at least 5 characters."),
    UserIdRefusal.TOO_LONG: _("A user ID has at most 48 characters."),
    UserIdRefusal.WRONG_CHARACTER: _(
        "A user ID may hold a to z, æ, ø, å, digits, space and {}!#$^,*()_+-=:;?.@ only. Letters that look alike but "
        "come from other alphabets do not count."
    ),
    UserIdRefusal.OUTER_SPACE: _("A user ID does not begin or end with a space."),
    UserIdRefusal.TEN_DIGITS: _("A user ID is not ten digits."),
    UserIdRefusal.CPR_NUMBER: _("A user ID does not hold your CPR number."),
    UserIdRefusal.PERSONAL: _(
        "This is built from your name, birth date, phone or e-mail, and so too easy to guess. Choose something else."
    ),
    UserIdRefusal.TAKEN: _("This user ID is or was somebody else's. Choose another."),
    UserIdRefusal.UNCHANGED: _("This is your user ID already."),
}
PASSWORD_REFUSALS: Final[Mapping[PasswordRefusal, Text]] = {
    PasswordRefusal.TOO_SHORT: _("A password has at least 8 characters."),
    PasswordRefusal.TOO_LONG: _("A password has at most 64 characters."),
    PasswordRefusal.CONTROL_CHARACTER: _("The password holds a character that cannot be seen. Type it by hand."),
    PasswordRefusal.CONTAINS_USER_ID: _("The password must not hold your user ID."),
    PasswordRefusal.TEN_DIGITS: _("The password must not hold ten digits in a row."),
    PasswordRefusal.CONTAINS_THE_WORD: _("The password must not hold the word password or adgangskode."),
    PasswordRefusal.KEYBOARD_ROW: _("The password must not hold a row of the keyboard, such as qwertyui."),
}
ACTIVATION_REFUSED: Final[Text] = _(
    "This did not activate anything. Check the user ID and the activation code on your paper, and wait for a fresh "
    "code on your device. An activation code is valid for 48 hours and for three tries; if it has run out, get a "
    "new one at Citizen Service."
)
CODE_ALONE_REFUSED: Final[Text] = _(
    "This did not activate anything. Check the user ID and the activation code. A code on paper is valid for 48 hours, "
    "one by text message for 30 minutes, and each for three tries; if it has run out, get a new one at Citizen Service "
    "or from support."
)
PASSWORD_NEEDED: Final[Text] = _(
    "You have no password yet, and a chip is used together with one. Your code for the chip is still good. Get a "
    "password first: with an activation code for a password, or, if you can log in with the app, under Your devices."
)
TOO_MANY_TRIES_FROM_HERE: Final[Text] = _("There were too many wrong tries from here. Wait ten minutes and try again.")
CODE_REFUSALS: Final[Mapping[CodeRefusal, Text]] = {
    CodeRefusal.WRONG: _("The code is not right. Look at the newest message from us and try again."),
    CodeRefusal.EXPIRED: _("The code has run out. Ask for a new one."),
    CodeRefusal.DEAD: _("The code can no longer be used. Ask for a new one."),
}
CONFIRM_REFUSALS: Final[Mapping[ConfirmRefusal, Text]] = {
    ConfirmRefusal.LEVEL_TOO_LOW: _(
        "This login is not secure enough. Log in with your app, your code display, your audio code reader or your "
        "chip, and confirm before %(closes)s."
    ),
    ConfirmRefusal.TOO_LATE: _("The change ran out at %(closes)s. Nothing was changed; ask for it again."),
    ConfirmRefusal.NOT_PENDING: _("The change does not wait any more."),
    ConfirmRefusal.TAKEN: _("Somebody else has taken this in the meantime. Stop the change and choose another."),
    ConfirmRefusal.AT_MOST: _("You have as many of these as you may. Block one, and confirm before %(closes)s."),
    ConfirmRefusal.PHONE_TOO_NEW: _(
        "Your phone number is new, and for your safety no code is sent to it in the first five days. You may try "
        "again before %(closes)s."
    ),
    ConfirmRefusal.OTHER_APP: _("Confirm this in the app that is to be copied."),
    ConfirmRefusal.NOT_POSSIBLE: _("This is not possible any more. Stop the change."),
}
GUESSABILITIES: Final[Mapping[Guessability, Text]] = {
    Guessability.AT_ONCE: _("Guessed at once"),
    Guessability.VERY_EASY: _("Very easy to guess"),
    Guessability.EASY: _("Easy to guess"),
    Guessability.HARD: _("Hard to guess"),
    Guessability.VERY_HARD: _("Very hard to guess"),
}


def text_for_too_many_codes(*, next_at: datetime) -> str:
    """Say when a code may be asked for again."""
    return gettext("You have asked for many codes. You can ask for the next one from %(time)s.") % {
        "time": danish_time(next_at)
    }


def text_for_request(reason: RequestRefusal | UserIdRefusal) -> str:
    """Say why a change is not taken."""
    return str(REQUEST_REFUSALS[reason] if isinstance(reason, RequestRefusal) else USER_ID_REFUSALS[reason])


def text_for_confirmation(reason: ConfirmRefusal, *, opens_at: datetime, closes_at: datetime, now: datetime) -> str:
    """Say why a change is not made, and when it can be (CHG-3, CHG-4)."""
    return _confirmation(reason, is_early=now < opens_at) % {
        "opens": danish_time(opens_at),
        "closes": danish_time(closes_at),
    }


def _confirmation(reason: ConfirmRefusal, *, is_early: bool) -> str:
    match reason:
        case ConfirmRefusal.TOO_EARLY | ConfirmRefusal.SAME_LOGIN:
            if is_early:
                return gettext(
                    "It is too early. The change can be confirmed from %(opens)s, when you have logged in again."
                )
            return gettext(
                "You logged in before %(opens)s, when this opened. Log out, log in again and confirm before %(closes)s."
            )
        case _:
            return str(CONFIRM_REFUSALS[reason])
