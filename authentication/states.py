"""Enumerations of the authentication app."""

from django.db.models import TextChoices


class Door(TextChoices):
    """What a login opens: a login at one door opens nothing behind the other."""

    PORTAL = "portal"
    BACKOFFICE = "backoffice"


class RequestState(TextChoices):
    """How far a log-in request has come; APPROVED and REFUSED are final (APR-2, APR-7)."""

    OPEN = "open"
    CODE_ACCEPTED = "code_accepted"
    APPROVED = "approved"
    REFUSED = "refused"


class LoginRefusal(TextChoices):
    """Why a step of a log-in did not succeed."""

    EXPIRED = "expired"
    NOT_ACCEPTED = "not_accepted"
    TOO_MANY_TRIES = "too_many_tries"
    BLOCKED = "blocked"
    LEVEL_TOO_LOW = "level_too_low"


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
