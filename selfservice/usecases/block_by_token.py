"""Whoever holds the e-mail blocks the whole identity."""

from datetime import datetime

from django.db import transaction

from identities.api import BlockedByHolder, block_as_holder, held_by_token


@transaction.atomic(durable=True)
def block_by_token(*, token: str, now: datetime) -> BlockedByHolder | None:
    """Block the identity whose change an e-mail tells of, without a login; what it stops, it stops too.

    Rule:    CHG-6, BLK-1, BLK-3.
    Returns: ``None`` for an address that points, or no longer points, at anything.
    Locks:   the identity's row, then the changes'.
    Writes:  Identity, IdentityBlock, PendingChange, ActivationCode, AuditEvent, Delivery.
    """
    held = held_by_token(token=token, now=now)
    return None if held is None else block_as_holder(held=held, now=now)
