"""What the log-in pages say when a step does not succeed."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from authentication.states import LoginRefusal

NOT_ACCEPTED_CODE = _(
    "The code was not accepted. Wait for the next code and try again. After three wrong codes the code display is "
    "paused: first for 10 minutes, then for an hour."
)
NOT_ACCEPTED_PASSWORD = _(
    "The password was not accepted. Check capital letters and try again. After too many wrong passwords the password "
    "is paused and at last blocked. Is it blocked, or have you forgotten it? Citizen Service gives you a new "
    "activation code; bring your passport."
)
FROM_HERE_TOO_MANY = _("There were too many wrong tries from your network. Wait 10 minutes and try again.")

START_OVER: dict[LoginRefusal, Promise] = {
    LoginRefusal.EXPIRED: _("You have five minutes to log in. The time has run out: start again."),
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
