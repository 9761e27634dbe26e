"""Enumerations of the authentication app."""

from django.db.models import TextChoices


class Door(TextChoices):
    """What a login opens: a login at one door opens nothing behind the other."""

    PORTAL = "portal"
    BACKOFFICE = "backoffice"
    APP = "app"


class Purpose(TextChoices):
    """What a request asks approval for. Each has a line in the tables of ``rules`` and ``texts``."""

    PORTAL_LOGIN = "portal_login"
    BACKOFFICE_LOGIN = "backoffice_login"


class RequestState(TextChoices):
    """How far a request has come (APR-2, APR-3, APR-5, APR-7)."""

    OPEN = "open"
    DEVICE_ACCEPTED = "device_accepted"  # a code or the chip was right, the password is next
    CONFIRMED = "confirmed"  # the app said yes, the browser has not come for it yet
    APPROVED = "approved"
    REJECTED = "rejected"
    REFUSED = "refused"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


REQUEST_TRANSITIONS: dict[RequestState, frozenset[RequestState]] = {
    RequestState.OPEN: frozenset(
        {
            RequestState.DEVICE_ACCEPTED,
            RequestState.CONFIRMED,
            RequestState.REJECTED,
            RequestState.REFUSED,
            RequestState.EXPIRED,
            RequestState.SUPERSEDED,
        }
    ),
    RequestState.DEVICE_ACCEPTED: frozenset(
        {RequestState.APPROVED, RequestState.REFUSED, RequestState.EXPIRED, RequestState.SUPERSEDED}
    ),
    RequestState.CONFIRMED: frozenset(
        {RequestState.APPROVED, RequestState.REFUSED, RequestState.EXPIRED, RequestState.SUPERSEDED}
    ),
    RequestState.APPROVED: frozenset(),
    RequestState.REJECTED: frozenset(),
    RequestState.REFUSED: frozenset(),
    RequestState.EXPIRED: frozenset(),
    RequestState.SUPERSEDED: frozenset(),
}


class BoundBy(TextChoices):
    """How an app came by the words that bind it to a browser (APR-4)."""

    SCANNED = "scanned"  # the QR code, by the app's own camera
    PRESSED = "pressed"  # the button, in the browser that the app is in
    TYPED = "typed"  # the short code


class Progress(TextChoices):
    """What the page of a waiting browser is told; the same for a user ID that nobody has (TRY-2)."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    OVER = "over"


class LoginRefusal(TextChoices):
    """Why a step of a log-in did not succeed."""

    EXPIRED = "expired"
    NOT_ACCEPTED = "not_accepted"
    TOO_MANY_TRIES = "too_many_tries"
    BLOCKED = "blocked"
    LEVEL_TOO_LOW = "level_too_low"
    STEP_UP_FAILED = "step_up_failed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class DecisionRefusal(TextChoices):
    """Why an app's answer to a request was not taken."""

    GONE = "gone"  # no such open request of this identity; somebody else's is as good as none
    NOT_BOUND = "not_bound"
    WRONG_PIN = "wrong_pin"
    PAUSED = "paused"
    BLOCKED = "blocked"


class Ending(TextChoices):
    """Why a login ended before its time."""

    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"
    CHANGE_CONFIRMED = "change_confirmed"


class Audience(TextChoices):
    """For whom a page is."""

    PUBLIC = "public"
    CITIZEN = "citizen"
    OFFICER = "officer"
    CLERK = "clerk"
    SUPPORT = "support"
    MACHINE = "machine"
