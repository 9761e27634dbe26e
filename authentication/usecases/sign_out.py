"""Logging out."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from authentication.states import Ending
from authentication.steps import end_login
from identities.api import locked_identity


@transaction.atomic(durable=True)
def sign_out(*, identity_id: UUID, login_id: UUID, now: datetime) -> None:
    """End a login at its holder's wish; an act of the same login that waits for the identity comes too late.

    Locks:  the identity's row, then the login's.
    Writes: Login, AuditEvent.
    """
    locked_identity(identity_id)
    end_login(login_id=login_id, ending=Ending.SIGNED_OUT, now=now)
