"""A citizen has the clock of their own code device set right."""

from datetime import datetime

from django.db import transaction

from audit.api import Actor
from authentication.api import Login, locked_identity_of
from identities import api as identities
from identities.api import ResyncOutcome
from selfservice.usecases.outcomes import LoginEnded


@transaction.atomic(durable=True)
def resync_own_device(
    *, login: Login, first_code: str, second_code: str, source: str, now: datetime
) -> ResyncOutcome | LoginEnded:
    """Follow the clock of the citizen's active code device to where two codes in a row are found.

    Rule:    SEC-3, TRY-1; never gated: both codes come from the device itself, and open nothing afterwards.
    Returns: a refusal is committed: its audit event and the count of wrong codes must survive.
    Raises:  HsmUnavailable.
    Locks:   the identity's row, then the device's.
    Writes:  CodeDevice, DeviceTries, AuditEvent.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return LoginEnded()
    return identities.resync_own_device(
        identity_id=identity.id,
        first_code=first_code,
        second_code=second_code,
        source=source,
        actor=Actor.citizen(identity.id),
        now=now,
    )
