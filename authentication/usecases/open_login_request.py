"""The first step of a log-in: a user ID."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from authentication.models import LoginRequest
from authentication.rules import REQUEST_LASTS
from authentication.states import Door
from identities.api import identity_by_user_id


@transaction.atomic(durable=True)
def open_login_request(*, user_id: str, door: Door, now: datetime) -> UUID:
    """Open a request to log in, for a user ID that somebody has or nobody has alike.

    Rule:    APR-2, TRY-2.
    Returns: the request's id.
    Writes:  LoginRequest.
    """
    identity = identity_by_user_id(user_id)
    request = LoginRequest.objects.create(
        door=door,
        identity_id=identity.id if identity else None,
        opened_at=now,
        expires_at=now + REQUEST_LASTS,
    )
    return request.id
