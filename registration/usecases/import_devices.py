"""A vendor's delivery comes into an office's stock."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import DeviceRecord, known_serials
from registration.models import Office
from registration.states import StockKind
from registration.steps import stock_device
from registration.usecases.create_officer import UnknownOffice


@dataclass(frozen=True)
class Imported:
    """All of them are in stock."""

    devices: int


@dataclass(frozen=True)
class NotImported:
    """None of them is: these serial numbers are known already, or stand twice in the delivery."""

    duplicates: tuple[str, ...]


@transaction.atomic(durable=True)
def import_devices(
    *, office_id: UUID, records: Sequence[DeviceRecord], now: datetime, progress: Callable[[int], object]
) -> Imported | NotImported:
    """Every device of a delivery lies in an office's stock, or none does.

    Serial numbers are written in capitals, as clerks type them. ``progress`` is called with how many were done since
    the last call.

    Rule:   REG-11, AUT-2, KEY-1.
    Raises: UnknownOffice; HsmUnavailable; IntegrityError when another import brings the same number meanwhile.
    Writes: CodeDevice, StockItem, AuditEvent.
    """
    if not Office.objects.filter(pk=office_id).exists():
        raise UnknownOffice(str(office_id))
    serials = [record.serial.upper() for record in records]
    twice = {serial for serial, count in Counter(serials).items() if count > 1}
    duplicates = twice | known_serials(serials)
    if duplicates:
        return NotImported(tuple(sorted(duplicates)))
    for serial, record in zip(serials, records, strict=True):
        kind = StockKind(record.kind.value)
        stock_device(office_id=office_id, serial=serial, seed=record.seed, kind=kind, now=now)
        progress(1)
    return Imported(devices=len(records))
