"""An alert in the inbox is read."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications.api import note_inbox_read


@transaction.atomic(durable=True)
def read_message(*, identity_id: UUID, message_id: UUID, now: datetime) -> bool:
    """Mark an alert as read.

    Returns: False when there is none of this identity's, or it was read before.
    Writes:  Delivery.
    """
    return note_inbox_read(reference=identity_id, delivery_id=message_id, now=now)
