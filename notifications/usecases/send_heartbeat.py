"""A message to operations goes the way that alerts go."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from notifications.messages import Heartbeat
from notifications.models import Delivery
from notifications.rules.heartbeat import is_due
from notifications.states import Language, MessageKind
from notifications.steps import Address, enqueue
from notifications.watching import HEARTBEAT_REFERENCE, LOOKED_BACK, heartbeat_channels

_LOCK = 0x4845_4152_5442  # "HEARTB": of two tasks that run at once one finds the other's message


@transaction.atomic(durable=True)
def send_heartbeat(*, now: datetime) -> list[UUID]:
    """Operations' own addresses get a message, if the last one was five minutes ago.

    Rule:    ALR-4: it is stored, sealed, claimed and sent as an alert is, with an alert's priority, and so meets what
             alerts meet.
    Returns: its deliveries; none when none is due or no address is set.
    Raises:  HsmUnavailable; MessageFault.
    Locks:   an advisory lock, until the transaction ends.
    Writes:  Delivery.
    """
    channels = heartbeat_channels()
    if not channels:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    rows = Delivery.objects.filter(kind=MessageKind.HEARTBEAT, created_at__gte=now - LOOKED_BACK)
    if not is_due(newest_at=rows.aggregate(at=Max("created_at"))["at"], now=now):
        return []
    return enqueue(
        message=Heartbeat(at=now),
        addresses=[
            Address(channel=channel, value=address, id=HEARTBEAT_REFERENCE) for channel, address in channels.items()
        ],
        language=Language.DA,
        reference=HEARTBEAT_REFERENCE,
        now=now,
    )
