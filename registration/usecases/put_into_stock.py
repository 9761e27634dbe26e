"""A device comes into an office's stock."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registration.states import StockKind
from registration.steps import stock_device


@transaction.atomic
def put_into_stock(
    *, office_id: UUID, serial: str, seed: bytes, now: datetime, kind: StockKind = StockKind.CODE_DISPLAY
) -> UUID:
    """A code device lies in an office's stock, its seed wrapped by the HSM; it belongs to nobody yet.

    Rule:   REG-11, AUT-2.
    Raises: IntegrityError for a serial number that is known already.
    Writes: CodeDevice, StockItem, AuditEvent.
    """
    return stock_device(office_id=office_id, serial=serial, seed=seed, kind=kind, now=now)
