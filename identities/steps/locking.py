"""Holding an identity still while an act decides, and waiting alike for one and for nobody (TRY-2)."""

from typing import Final
from uuid import UUID

from django.db import connection
from django.utils.crypto import salted_hmac

from audit.api import FixedQuery
from identities.models import Identity
from identities.queries import IdentityView, view_of
from identities.rules.user_id import folded
from identities.states import IdentityState
from identities.steps.guard import assert_in_transaction

NOBODY: Final = UUID(int=0)
"""Looked up where there is nobody, so that the database is asked as often (TRY-2)."""


_LOCKED: Final = FixedQuery(lambda pk: Identity.objects.select_for_update(no_key=True).filter(pk=pk), UUID)
LINE: Final = 1  # the first half of the advisory lock of those who try something for one user ID


def made_up_subject(user_id: str) -> UUID:
    """Give what stands for a user ID that nobody has: always the same, and no identity's id (TRY-2, UID-2).

    Identities have UUIDs of version 7; this is of version 8 (RFC 9562 section 5.8).
    """
    digest = bytearray(salted_hmac("identities.nobody", folded(user_id), algorithm="sha256").digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))


def stand_in_line(subject: UUID) -> None:
    """Wait for whoever tries something of the same subject, an identity or what stands for nobody.

    A row would make them wait too, and nobody has none: how long the last of eight waits would tell who exists. So
    whatever a stranger can begin with a user ID begins here, before any row of the identity is locked.

    Rule:   TRY-2.
    Locks:  the subject's place in line (an advisory lock).
    """
    assert_in_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LINE, int.from_bytes(subject.bytes[-4:], signed=True)])


def stand_in_line_for(user_id: str) -> UUID | None:
    """Wait for whoever tries something with the same user ID, had by somebody or nobody; see ``stand_in_line``.

    Returns: the id of the identity that has it.
    """
    holder = Identity.objects.filter(user_id_folded=folded(user_id)).values_list("pk", flat=True).first()
    nobody = made_up_subject(user_id)
    stand_in_line(nobody if holder is None else holder)
    return holder


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
    row = _LOCKED.first(subject)
    return view_of(row) if row else None


def locked_active_identity(user_id: str) -> Identity | None:
    """Hold the row of the active identity that has a user ID now; None when there is none (UID-2).

    Locks: the identity's row.
    """
    assert_in_transaction()
    rows = Identity.objects.select_for_update(no_key=True)
    return rows.filter(user_id_folded=folded(user_id), state=IdentityState.ACTIVE).first()
