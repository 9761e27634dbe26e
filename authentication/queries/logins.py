"""Reads: which login a session stands for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from audit.api import FixedQuery
from authentication.models import ApprovalRequest
from authentication.models import Login as LoginRow
from authentication.rules import LIVING, login_is_alive
from authentication.states import Door
from identities.api import AssuranceLevel, AuthenticatorKind, IdentityState

SEEN_EVERY = timedelta(seconds=30)  # a page view inside this time costs no write
_OPEN: Final = FixedQuery(
    lambda login_id, door: LoginRow.objects.select_related("identity").filter(
        pk=login_id, door=door, ended_at__isnull=True
    ),
    UUID,
    str,
)


@dataclass(frozen=True, kw_only=True)
class Login:
    """A living login; ``app_id`` is the app's that it was opened in, of a login inside the app."""

    id: UUID
    identity_id: UUID
    door: Door
    at: datetime
    level: AssuranceLevel
    app_id: UUID | None


def login_is_open(login_id: UUID) -> bool:
    """Tell whether a login has not been ended; for an act that holds the identity's row and asks once more."""
    return LoginRow.objects.filter(pk=login_id, ended_at__isnull=True).exists()


def way_of_login(login_id: UUID, *, identity_id: UUID) -> AuthenticatorKind | None:
    """Tell what an identity's own login was made with; somebody else's is as good as none."""
    row = LoginRow.objects.filter(pk=login_id, identity_id=identity_id).values_list("authenticator", flat=True).first()
    return AuthenticatorKind(row) if row else None


def newest_login(identity_id: UUID) -> datetime | None:
    """Give the instant of the newest login or log-in of an identity that is not over; none is None.

    A block asks it under the identity's lock, by ``settings.NEWEST_LOGIN``: one that read its clock a moment after
    the block did, and was there before it, is to be as dead as those of before (BLK-1).
    """
    logins = LoginRow.objects.filter(identity_id=identity_id, ended_at__isnull=True)
    requests = ApprovalRequest.objects.filter(identity_id=identity_id, state__in=LIVING)
    instants = [
        logins.aggregate(newest=Max("at"))["newest"],
        requests.aggregate(newest=Max("opened_at"))["newest"],
    ]
    return max((instant for instant in instants if instant is not None), default=None)


def living_login(*, login_id: UUID, door: Door, now: datetime) -> Login | None:
    """Find a login that still opens ``door``, and note that it was used.

    Rule: BLK-1: a block, a sign-out or time ends it; nobody has to hunt sessions.
    """
    row = _OPEN.first(login_id, door.value)
    if row is None or row.identity.state != IdentityState.ACTIVE:
        return None
    is_alive = login_is_alive(
        at=row.at,
        last_seen_at=row.last_seen_at,
        dead_since=row.identity.signed_out_at,
        idle_for=settings.SESSION_IDLE_FOR,
        lasts_for=settings.SESSION_LASTS_FOR,
        now=now,
    )
    if not is_alive:
        return None
    if now >= row.last_seen_at + SEEN_EVERY:
        LoginRow.objects.filter(pk=row.pk, last_seen_at__lt=now).update(last_seen_at=now)
    return Login(
        id=row.id,
        identity_id=row.identity_id,
        door=Door(row.door),
        at=row.at,
        level=AssuranceLevel(row.level),
        app_id=row.app_id,
    )
