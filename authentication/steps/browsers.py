"""Browsers in which an identity logged in once."""

import secrets
from datetime import datetime
from uuid import UUID

from audit.api import put_in
from authentication.binding import browser_index
from authentication.models import KnownBrowser, Login
from authentication.rules import BROWSER_KNOWN_FOR
from authentication.states import Door
from authentication.steps.guard import assert_in_transaction

TOKEN_BYTES = 32


def remember_browser(*, identity_id: UUID, browser_token: str | None, now: datetime) -> str:
    """Know the browser of a fresh login again, by a new token; the one that it came with is worth nothing any more.

    Somebody else's identity that logged in here goes over to the new token as well.

    Rule:    APR-5, TRY-2.
    Returns: the new token, of 43 characters of base64url, for the browser alone.
    Writes:  KnownBrowser.
    """
    assert_in_transaction()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    index, is_known = browser_index(token), 0
    if browser_token:
        KnownBrowser.objects.filter(token_index=browser_index(browser_token)).update(token_index=index)
        is_known = KnownBrowser.objects.filter(identity_id=identity_id, token_index=index).update(last_used_at=now)
    if not is_known:
        put_in(KnownBrowser(identity_id=identity_id, token_index=index, last_used_at=now))
    return token


def forget_other_browsers(*, identity_id: UUID, keep: UUID) -> None:
    """Make strangers of all an identity's browsers but the one in which the login ``keep`` was made.

    That one was last used at the instant of its login; after a login inside the app none is kept.

    Rule:   APR-5: whoever got in once keeps no place in the app beyond the change by which the owner shuts them out.
    Writes: KnownBrowser.
    """
    assert_in_transaction()
    at = Login.objects.filter(pk=keep).exclude(door=Door.APP).values("at")
    KnownBrowser.objects.filter(identity_id=identity_id).exclude(last_used_at__in=at).delete()


def forget_old_browsers(*, now: datetime) -> int:
    """Drop the browsers in which nobody logged in for a year; gives how many they were."""
    assert_in_transaction()
    return KnownBrowser.objects.filter(last_used_at__lt=now - BROWSER_KNOWN_FOR).delete()[0]
