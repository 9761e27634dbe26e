"""A device comes into an office's stock."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import register_code_device
from registration import events
from registration.models import StockItem


@transaction.atomic
def put_into_stock(*, office_id: UUID, serial: str, seed: bytes, now: datetime) -> UUID:
    """A code display lies in an office's stock, its seed wrapped by the HSM; it belongs to nobody yet.

    Rule:   REG-11, AUT-2.
    Raises: IntegrityError for a serial number that is known already.
    Writes: CodeDevice, StockItem, AuditEvent.
    """
    register_code_device(serial=serial, seed=seed)
    item = StockItem.objects.create(office_id=office_id, serial=serial, stocked_at=now)
    events.device_stocked(office_id=office_id, serial=serial, now=now)
    return item.id
