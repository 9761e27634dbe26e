"""Holding an identity still while an act decides."""

from uuid import UUID

from identities.models import Identity
from identities.queries import IdentityView, view_of
from identities.steps.guard import assert_in_transaction


def locked_identity(identity_id: UUID) -> IdentityView:
    """Give an identity that nobody else changes until the transaction ends, so that a block comes before or after.

    Raises: Identity.DoesNotExist.
    Locks:  the identity's row.
    """
    assert_in_transaction()
    return view_of(Identity.objects.select_for_update(no_key=True).get(pk=identity_id))
