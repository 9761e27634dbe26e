"""What every act of a logged-in citizen begins with."""

from django.db import transaction

from authentication.api import Login, login_is_open
from identities.api import IdentityState, IdentityView, locked_identity
from selfservice.rules import login_stands


def locked_identity_of(login: Login) -> IdentityView | None:
    """Hold the identity of a login still; ``None`` when a block or a sign-out has ended the login meanwhile.

    The page let the login in before this transaction began; only under the lock is it known that it still stands.

    Rule:  BLK-1.
    Locks: the identity's row.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("This step belongs into a use case's transaction.")
    identity = locked_identity(login.identity_id)
    is_active = identity.state is IdentityState.ACTIVE
    stands = login_stands(is_active=is_active, signed_out_at=identity.signed_out_at, login_at=login.at)
    return identity if stands and login_is_open(login.id) else None
