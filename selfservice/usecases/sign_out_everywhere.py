"""A citizen ends every login of theirs."""

from datetime import datetime

from django.db import transaction

from authentication.api import Ending, Login, end_login, end_other_logins, locked_identity_of
from identities.api import end_logins
from selfservice.usecases.outcomes import LoginEnded


@transaction.atomic(durable=True)
def sign_out_everywhere(*, login: Login, now: datetime) -> bool | LoginEnded:
    """End every login at every door, and every request that might yet become one; this login too.

    Changes that wait are left alone: each has its own way to be stopped, and its own alerts.

    Rule:   never gated.
    Locks:  the identity's row, then the logins'.
    Writes: Identity, Login, KnownBrowser, AuditEvent.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return LoginEnded()
    end_other_logins(identity_id=identity.id, keep=login.id, ending=Ending.SIGNED_OUT, now=now)
    end_login(login_id=login.id, ending=Ending.SIGNED_OUT, now=now)
    end_logins(identity_id=identity.id, now=now)
    return True
