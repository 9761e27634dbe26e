"""A citizen chooses a new password with an activation code."""

from datetime import datetime

from django.db import transaction

from audit.api import Actor
from identities import api as identities
from identities.api import Activated, ActivationRefused, PasswordRefused


@transaction.atomic(durable=True)
def activate_password(
    *, user_id: str, activation_code: str, password: str, now: datetime
) -> Activated | ActivationRefused | PasswordRefused:
    """Make ``password`` the password of whoever has the code for it.

    Rule:    SEC-2, SEC-4, AUT-1, TRY-2.
    Returns: a refusal is committed: its audit event and the count of wrong tries must survive.
    Writes:  ActivationCode, Identity, PasswordFactor, PendingChange, AuditEvent, Delivery.
    """
    return identities.activate_password(
        user_id=user_id, activation_code=activation_code, password=password, actor=Actor.visitor(), now=now
    )
