"""Changes that nobody confirmed in time end."""

from datetime import datetime

from django.db import transaction

from identities.api import changes_due_to_expire, expire_change


@transaction.atomic(durable=True)
def expire_changes(*, now: datetime, limit: int) -> int:
    """End up to ``limit`` changes whose window has closed, the longest overdue first.

    A late run changes nothing but the record: what is past its window is refused by rule.

    Rule:    CHG-4.
    Returns: how many were ended; those that someone else holds are left to the next run.
    Locks:   each change's row, none that is held.
    Writes:  PendingChange, AuditEvent.
    """
    return sum(expire_change(change_id=change_id, now=now) for change_id in changes_due_to_expire(now=now, limit=limit))
