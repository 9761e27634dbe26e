"""A citizen blocks their own identity."""

from datetime import datetime

from django.db import transaction

from audit.api import Actor
from authentication.api import Login, locked_identity_of
from identities.api import BlockOutcome, BlockReason, BlockSource, block_identity
from selfservice.usecases.outcomes import LoginEnded


@transaction.atomic(durable=True)
def block_own_identity(*, login: Login, reason: BlockReason, now: datetime) -> bool | LoginEnded:
    """Block the whole identity at once; every login, this one too, ends by rule.

    Rule:    BLK-1, BLK-3; never gated.
    Returns: False when the citizen's own block stands already, and the reason says nothing worse.
    Locks:   the identity's row.
    Writes:  Identity, IdentityBlock, PendingChange, ActivationCode, AuditEvent, Delivery.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return LoginEnded()
    outcome = block_identity(
        identity_id=identity.id,
        source=BlockSource.CITIZEN,
        reason=reason,
        actor=Actor.citizen(identity.id),
        now=now,
    )
    return outcome is not BlockOutcome.STOOD
