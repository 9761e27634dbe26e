"""The citizen takes a change back."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from authentication.api import Login, locked_identity_of
from identities import api as identities
from identities.api import CancelledBy
from selfservice.usecases.outcomes import LoginEnded


@transaction.atomic(durable=True)
def cancel_change(*, login: Login, change_id: UUID, now: datetime) -> bool | LoginEnded:
    """Stop a change that waits; never gated, any login will do.

    Rule:    CHG-6.
    Returns: False when the change does not wait any more.
    Raises:  PendingChange.DoesNotExist when the change is not this identity's.
    Locks:   the identity's row, then the change's.
    Writes:  PendingChange, AuditEvent, Delivery.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return LoginEnded()
    return identities.cancel_change(
        identity_id=identity.id,
        change_id=change_id,
        by=CancelledBy.CITIZEN,
        actor=Actor.citizen(identity.id),
        now=now,
    )
