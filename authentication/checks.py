"""A system check: the shares by which a way in is shown to whom nobody knows."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from authentication.rules import WAYS


def check_ways_in_use(**_kwargs: Any) -> list[CheckMessage]:
    """Find a way without a share: it would be shown to somebody only, and tell that there is somebody.

    Rule: TRY-2; docs/decisions/0103.
    """
    shares = settings.WAYS_IN_USE
    if shares.keys() == {way.value for way in WAYS} and all(share > 0 for share in shares.values()):
        return []
    return [
        Error(
            "WAYS_IN_USE does not name every way to log in, and no other, each with a whole number above 0.",
            hint=f"Name {', '.join(way.value for way in WAYS)}, as way=number, with commas between.",
            id="authentication.E001",
        )
    ]
