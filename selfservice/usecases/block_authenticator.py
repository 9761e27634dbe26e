"""A citizen blocks one of their own authenticators."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from authentication.api import Login, locked_identity_of
from identities import api as identities
from identities.api import AuthenticatorBlockReason, AuthenticatorKind
from selfservice.usecases.outcomes import LoginEnded


@transaction.atomic(durable=True)
def block_authenticator(
    *,
    login: Login,
    kind: AuthenticatorKind,
    authenticator_id: UUID,
    reason: AuthenticatorBlockReason,
    now: datetime,
) -> bool | LoginEnded:
    """Block one authenticator for good; every login, this one too, ends by rule.

    Rule:    BLK-1, AUT-1; never gated.
    Returns: False when it is not this identity's, or blocked already.
    Locks:   the identity's row, then the authenticator's.
    Writes:  the authenticator, Identity, PendingChange, ActivationCode, AuditEvent, Delivery.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return LoginEnded()
    return identities.block_authenticator(
        identity_id=identity.id,
        kind=kind,
        authenticator_id=authenticator_id,
        reason=reason,
        actor=Actor.citizen(identity.id),
        now=now,
    )
