"""Breaks that were accepted after a restore: shown with every verification."""

from audit.models import AuditEvent
from audit.states import EventKind
from audit.verification.findings import AcceptedRestore


def accepted_restores() -> tuple[AcceptedRestore, ...]:
    """Give every accepted break, the oldest first."""
    rows = AuditEvent.objects.filter(kind=EventKind.RESTORE_ACCEPTED.value).order_by("id")
    return tuple(
        AcceptedRestore(
            at=row.at,
            row_id=row.id,
            reason=str(row.facts.get("reason")),
            lost_number=int(row.facts.get("lost_number") or 0),
            lost_hash=str(row.facts.get("lost_hash") or ""),
            kept_number=int(row.facts.get("kept_number") or 0),
        )
        for row in rows
    )
