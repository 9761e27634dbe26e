"""Logging out."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from authentication.states import Ending
from authentication.steps import end_login


@transaction.atomic(durable=True)
def sign_out(*, login_id: UUID, now: datetime) -> None:
    """End a login at its holder's wish.

    Writes: Login, AuditEvent.
    """
    end_login(login_id=login_id, ending=Ending.SIGNED_OUT, now=now)
