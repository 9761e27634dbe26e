"""What the log-in pages say when a step does not succeed."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authentication.states import LoginRefusal, Purpose
from identities.api import AuthenticatorKind

ASKS: dict[Purpose, Promise] = {  # who asks, as the app shows it (APR-3)
    Purpose.PORTAL_LOGIN: _("Your own pages"),
    Purpose.BACKOFFICE_LOGIN: _("The backoffice"),
}
REFERENCE: dict[Purpose, Promise] = {  # for what; at most 130 characters
    Purpose.PORTAL_LOGIN: _("Log in to your own identity's pages"),
    Purpose.BACKOFFICE_LOGIN: _("Log in to the backoffice"),
}

WAYS: dict[AuthenticatorKind, Promise] = {
    AuthenticatorKind.APP: _("App"),
    AuthenticatorKind.CODE_DISPLAY: _("Code display"),
    AuthenticatorKind.AUDIO_READER: _("Audio code reader"),
    AuthenticatorKind.CHIP: _("Chip"),
}
CODE_LABELS: dict[AuthenticatorKind, Promise] = {
    AuthenticatorKind.CODE_DISPLAY: _("Code from your code display"),
    AuthenticatorKind.AUDIO_READER: _("Code from your audio code reader"),
}
CODE_HELP: dict[AuthenticatorKind, Promise] = {
    AuthenticatorKind.CODE_DISPLAY: _("Press the button on your code display and type the six digits it shows."),
    AuthenticatorKind.AUDIO_READER: _("Press the button on your audio code reader and type the six digits it speaks."),
}
CODE_MISSING: dict[AuthenticatorKind, Promise] = {
    AuthenticatorKind.CODE_DISPLAY: _("Type the six digits your code display shows."),
    AuthenticatorKind.AUDIO_READER: _("Type the six digits your audio code reader speaks."),
}
NOT_ACCEPTED_CODE: dict[AuthenticatorKind, Promise] = {
    AuthenticatorKind.CODE_DISPLAY: _(
        "The code was not accepted. Wait for the next code and try again. After three wrong codes the code display is "
        "paused: first for 10 minutes, then for an hour."
    ),
    AuthenticatorKind.AUDIO_READER: _(
        "The code was not accepted. Wait for the next code and try again. After three wrong codes the audio code "
        "reader is paused: first for 10 minutes, then for an hour."
    ),
}
NOT_ACCEPTED_CHIP = _(
    "The chip was not accepted. Use the chip that you activated for this identity, and try again; or log in another "
    "way."
)
NOT_ACCEPTED_OPENING_CODE = _(
    "The opening code was not accepted. It lives for 5 minutes and works once: get a new one in your app."
)
STILL_WAITING = _("Your app has not answered yet. Approve in the app, and then press “Go on”.")
NOT_ACCEPTED_PASSWORD = _(
    "The password was not accepted. Check capital letters and try again. After too many wrong passwords the password "
    "is paused and at last blocked. Is it blocked, or have you forgotten it? Citizen Service gives you a new "
    "activation code; bring your passport."
)
FROM_HERE_TOO_MANY = _("There were too many wrong tries from your network. Wait 10 minutes and try again.")

START_OVER: dict[LoginRefusal, Promise] = {
    LoginRefusal.EXPIRED: _("You have five minutes to log in. The time has run out: start again."),
    LoginRefusal.REJECTED: _(
        "The request was rejected in your app. Was it not you who rejected it? Then block your app or your identity."
    ),
    LoginRefusal.SUPERSEDED: _(
        "This log-in has ended, because another one was begun in its place. If that was not you, block your identity."
    ),
    LoginRefusal.STEP_UP_FAILED: _(
        "The page that you want to see needs a higher level than you logged in with. Use a chip, or an app that you "
        "activated in person at Citizen Service."
    ),
    LoginRefusal.TOO_MANY_TRIES: _(
        "You were not logged in, because there were three wrong tries. Start again with your user ID; if your code "
        "display is paused, wait 10 minutes or an hour."
    ),
    LoginRefusal.BLOCKED: _(
        "This identity is blocked. It can be reopened only in person at Citizen Service; bring your passport."
    ),
    LoginRefusal.LEVEL_TOO_LOW: _(
        "Your identity is at too low a level for these pages. Citizen Service can raise it; bring your passport."
    ),
}
