"""What every act of an app's session begins with."""

from django.db import transaction

from authentication.queries import Login, login_is_open
from identities.api import IdentityState, IdentityView, locked_identity


def identity_of_session(login: Login) -> IdentityView | None:
    """Hold the identity of a session still; ``None`` when a block or a sign-out has ended the session meanwhile.

    The view let the session in before this transaction began; only under the lock is it known that it still stands.

    Rule:  BLK-1.
    Locks: the identity's row.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("This step belongs into a use case's transaction.")
    identity = locked_identity(login.identity_id)
    is_signed_out = identity.signed_out_at is not None and login.at <= identity.signed_out_at
    if identity.state is not IdentityState.ACTIVE or is_signed_out or not login_is_open(login.id):
        return None
    return identity
