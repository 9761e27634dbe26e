"""The second login's act: a pending change is made."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from authentication.api import Ending, Login, end_other_logins, locked_identity_of
from identities.api import Confirmed, ConfirmRefused, SecondLogin, confirm_pending_change
from selfservice.usecases.outcomes import LoginEnded


@transaction.atomic(durable=True)
def confirm_change(*, login: Login, change_id: UUID, now: datetime) -> Confirmed | ConfirmRefused | LoginEnded:
    """Make a pending change once its citizen has logged in a second time, and end every other login.

    Rule:    CHG-3, CHG-4, CHG-5.
    Returns: a refusal is committed: its audit event must survive.
    Raises:  PendingChange.DoesNotExist when the change is not this identity's.
    Locks:   the identity's row, then the change's, then the other logins'.
    Writes:  PendingChange, Identity or ContactPoint, Login, KnownBrowser, AuditEvent, Delivery.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return LoginEnded()
    outcome = confirm_pending_change(
        identity_id=identity.id,
        change_id=change_id,
        second=SecondLogin(id=login.id, at=login.at, level=login.level),
        actor=Actor.citizen(identity.id),
        now=now,
    )
    if isinstance(outcome, Confirmed):
        end_other_logins(identity_id=identity.id, keep=login.id, ending=Ending.CHANGE_CONFIRMED, now=now)
    return outcome
