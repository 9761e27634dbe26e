"""Holding an identity still while an act decides."""

from typing import Final
from uuid import UUID

from identities.models import Identity
from identities.queries import IdentityView, view_of
from identities.rules.user_id import folded
from identities.states import IdentityState
from identities.steps.guard import assert_in_transaction

NOBODY: Final = UUID(int=0)
"""Looked up where there is nobody, so that the database is asked as often (TRY-2)."""


def locked_identity(identity_id: UUID) -> IdentityView:
    """Give an identity that nobody else changes until the transaction ends, so that a block comes before or after.

    Raises: Identity.DoesNotExist.
    Locks:  the identity's row.
    """
    identity = locked_subject(identity_id)
    if identity is None:
        raise Identity.DoesNotExist
    return identity


def locked_subject(subject: UUID) -> IdentityView | None:
    """Give the identity of this id, locked; none, by the same statement, for what stands for nobody (TRY-2).

    Locks:  the identity's row.
    """
    assert_in_transaction()
    row = Identity.objects.select_for_update(no_key=True).filter(pk=subject).first()
    return view_of(row) if row else None


def locked_active_identity(user_id: str) -> Identity | None:
    """Hold the row of the active identity that has a user ID now; None when there is none (UID-2).

    Locks: the identity's row.
    """
    assert_in_transaction()
    rows = Identity.objects.select_for_update(no_key=True)
    return rows.filter(user_id_folded=folded(user_id), state=IdentityState.ACTIVE).first()
