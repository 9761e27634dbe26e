"""Nobody makes the system send one person, or many people, codes without end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from notifications.models import Delivery
from notifications.rules.cost import Spending
from notifications.rules.day import day_ends
from notifications.rules.throttle import DAY, LIMITS, MOST_LOOKED_AT, ThrottleReason, next_at
from notifications.sealing import address_indexes
from notifications.states import Channel, Priority
from notifications.watching import spent_today

_SALT: Final = "notifications.throttle"


@dataclass(frozen=True)
class ThrottleRefusal:
    """No code goes out before ``next_at``."""

    reason: ThrottleReason
    next_at: datetime


def refusal_to_send_code(
    *,
    channel: Channel,
    address: str,
    reference: UUID,
    source: UUID | None,
    is_proven: bool,
    now: datetime,
) -> ThrottleRefusal | None:
    """Decide whether a code may go out, and hold the place until the transaction ends; None means it may.

    ``address`` is normal; ``is_proven`` when it is registered with its identity, False when it is only said to be
    somebody's. ``source`` is who has it sent, as ``enqueue`` stores it: None where the act limits sources by itself.
    The caller enqueues the code in the same transaction.

    Rule:   TRY-2; over the day's cost ceiling no text message goes to a number that nobody has proven. To a proven
            address its identity's own codes are counted, not those that strangers have sent there.
    Raises: TransactionManagementError outside a transaction; HsmUnavailable.
    Locks:  an advisory lock for address, reference and source, in the order of their numbers, so that of two codes
            at once the second counts the first.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A code is limited in the transaction that stores it.")
    _hold_places(address, str(reference), str(source or ""))
    counted: dict[ThrottleReason, dict[str, object] | None] = {
        # Whoever names somebody's number as their own must not use up its owner's codes: REFERENCE has those.
        ThrottleReason.ADDRESS: None if is_proven else {"address_index__in": address_indexes(address)},
        ThrottleReason.REFERENCE: {"reference": reference},
        ThrottleReason.SOURCE: None if source is None else {"source": source},
    }
    for reason, which in counted.items():
        wait_until = None if which is None else _next_at(reason, which, now=now)
        if wait_until is not None:
            return ThrottleRefusal(reason, wait_until)
    if channel is Channel.SMS and not is_proven and spent_today(now=now).spending is Spending.OVER:
        return ThrottleRefusal(ThrottleReason.COST, day_ends(now))
    return None


def _next_at(reason: ThrottleReason, which: dict[str, object], *, now: datetime) -> datetime | None:
    rows = Delivery.objects.filter(**which, priority=Priority.CODE, created_at__gt=now - DAY)
    sent = rows.order_by("-created_at").values_list("created_at", flat=True)[: MOST_LOOKED_AT[reason]]
    return next_at(list(sent), LIMITS[reason], now=now)


def _hold_places(*names: str) -> None:
    numbers = sorted(
        int.from_bytes(salted_hmac(_SALT, name, algorithm="sha256").digest()[:8], "big", signed=True)
        for name in names
        if name
    )
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
