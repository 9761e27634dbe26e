"""Logins begin and end."""

from datetime import datetime
from uuid import UUID

from authentication import events
from authentication.models import Login
from authentication.queries import Login as LivingLogin
from authentication.queries import login_is_open
from authentication.rules import login_stands
from authentication.states import Ending
from authentication.steps.browsers import forget_other_browsers
from authentication.steps.guard import assert_in_transaction
from identities.api import IdentityState, IdentityView, locked_identity


def locked_identity_of(login: LivingLogin) -> IdentityView | None:
    """Hold the identity of a login still; ``None`` when a block or a sign-out has ended the login meanwhile.

    The page or the app let the login in before this transaction began; only under the lock is it known that it still
    stands.

    Rule:  BLK-1.
    Locks: the identity's row.
    """
    assert_in_transaction()
    identity = locked_identity(login.identity_id)
    is_active = identity.state is IdentityState.ACTIVE
    stands = login_stands(is_active=is_active, signed_out_at=identity.signed_out_at, login_at=login.at)
    return identity if stands and login_is_open(login.id) else None


def end_login(*, login_id: UUID, ending: Ending, now: datetime) -> None:
    """End one login, unless it has ended."""
    _end(list(Login.objects.select_for_update().filter(pk=login_id, ended_at__isnull=True)), ending, now)


def end_other_logins(*, identity_id: UUID, keep: UUID, ending: Ending, now: datetime) -> None:
    """End every login of an identity but the one it acts with, and know no browser again but that one's.

    Writes: Login, KnownBrowser, AuditEvent.
    """
    rows = Login.objects.select_for_update().filter(identity_id=identity_id, ended_at__isnull=True)
    _end(list(rows.exclude(pk=keep).order_by("id")), ending, now)
    forget_other_browsers(identity_id=identity_id, keep=keep)


def _end(rows: list[Login], ending: Ending, now: datetime) -> None:
    assert_in_transaction()
    for row in rows:
        row.ended_at, row.ending = now, ending
        row.save(update_fields=["ended_at", "ending"])
        events.signed_out(identity_id=row.identity_id, login_id=row.id, ending=ending, now=now)
