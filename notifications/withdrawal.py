"""What was true when it was stored, and must not be sent once it is past."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from notifications.models import Delivery
from notifications.states import OPEN_STATES, Channel, DeliveryState

PAST: Final = "no_longer_useful"  # the failure of a delivery whose time was over before a provider took it
_INSTANT: Final = timedelta(microseconds=1)


def withdraw(*, reference: UUID, source: UUID, now: datetime) -> list[UUID]:
    """End the time of every message of ``source``: none goes out, or is sent again, from now on.

    What lies in the app's inbox stays there, with the time at which it came.

    Rule:    ALR-4; the caller tells in other words whoever this did not reach.
    Returns: the contacts that no provider had taken it for when its time was over, in the order of their messages.
    Locks:   the deliveries, in the order of their ids.
    Writes:  Delivery.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A message is withdrawn with what made it untrue.")
    ours = Delivery.objects.filter(reference=reference, source=source).exclude(channel=Channel.APP)
    rows = list(ours.select_for_update().order_by("id"))
    later = [row.id for row in rows if row.useful_until is None or row.useful_until > now]
    Delivery.objects.filter(id__in=later).update(useful_until=Greatest(now, F("created_at") + _INSTANT))
    return [row.contact_id for row in rows if _is_unsent(row)]


def _is_unsent(row: Delivery) -> bool:
    return row.state in OPEN_STATES or (row.state == DeliveryState.GIVEN_UP and row.failure == PAST)
