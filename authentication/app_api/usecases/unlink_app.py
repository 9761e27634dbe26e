"""An app blocks itself."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from identities.api import AuthenticatorBlockReason, AuthenticatorKind, block_authenticator, locked_identity


@transaction.atomic(durable=True)
def unlink_app(*, identity_id: UUID, app_id: UUID, now: datetime) -> bool:
    """Block an app at the wish of whoever holds its phone.

    Rule:    BLK-1.
    Returns: False when it was blocked before.
    Locks:   the identity's row, then the app's.
    Writes:  App, PendingChange, AuditEvent, Delivery.
    """
    locked_identity(identity_id)
    return block_authenticator(
        identity_id=identity_id,
        kind=AuthenticatorKind.APP,
        authenticator_id=app_id,
        reason=AuthenticatorBlockReason.OWN_WISH,
        actor=Actor.citizen(identity_id),
        now=now,
    )
