"""An owner is told that somebody else asks their app (APR-5)."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from authentication.models import ApprovalRequest
from identities.api import alert_identity
from notifications.api import SimultaneousRequests


@transaction.atomic(durable=True)
def alert_of_parallel(*, request_id: UUID, now: datetime) -> bool:
    """Write the alerts that a refused request has left to be made, once; False when none is due any more.

    The request's row is the outbox: whatever becomes of a worker, what is due is found the next time.

    Rule:    ALR-2, ALR-4, APR-5; TRY-2: the page that refused took as long for nobody, of whom nobody is told.
    Raises:  HsmUnavailable; the alert stays due.
    Locks:   the request's row; one that another worker is at is left to it.
    Writes:  ApprovalRequest, Delivery.
    """
    rows = ApprovalRequest.objects.filter(pk=request_id, alert_due_at__isnull=False, alert_made_at__isnull=True)
    request = rows.select_for_update(skip_locked=True).first()
    if request is None or request.alert_due_at is None:
        return False
    request.alert_made_at = max(now, request.alert_due_at)
    request.save(update_fields=["alert_made_at"])
    if request.identity_id is not None:
        message = SimultaneousRequests(at=request.alert_due_at)
        alert_identity(identity_id=request.identity_id, message=message, now=now)
    return True
