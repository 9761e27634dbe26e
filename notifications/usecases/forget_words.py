"""What was sent cannot be read for ever."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from notifications.models import Delivery, ReceivedSms, SmsOptOut
from notifications.opt_outs import HOLDS_FOR
from notifications.rules.retention import RECEIVED_SMS_KEPT_FOR, WORDS_KEPT_FOR
from notifications.sealing import Column, seal_column
from notifications.states import OPEN_STATES, Channel, DeliveryState

AT_MOST: Final = 500  # a batch; what is left is found by the next


@transaction.atomic(durable=True)
def forget_words(*, now: datetime, limit: int = AT_MOST) -> int:
    """Put nothing in place of the words of what is past its use, and of what ended 30 days ago.

    A code that was sent keeps its words for the minutes in which it is good: a report that it did not arrive sends it
    again. The app's inbox is the citizen's own and keeps its messages. Address and codes of the row stay, for whoever
    asks whether a person was told; what was sealed is sealed anew, so that keys change as for every row.

    Returns: how many rows; as many as ``limit`` when there may be more.
    Raises:  HsmUnavailable.
    Locks:   the rows, unless somebody else holds them.
    Writes:  Delivery.
    """
    ended_before = now - WORDS_KEPT_FOR
    has_ended = (
        Q(state=DeliveryState.SENT, sent_at__lte=ended_before)
        | Q(state=DeliveryState.DELIVERED, delivered_at__lte=ended_before)
        | Q(state=DeliveryState.GIVEN_UP, given_up_at__lte=ended_before)
        | Q(state=DeliveryState.NOT_NEEDED, created_at__lte=ended_before)
    )
    rows = (
        Delivery.objects.select_for_update(skip_locked=True)
        .filter(words_dropped_at__isnull=True)
        .exclude(channel=Channel.APP)
        .exclude(state__in=sorted(OPEN_STATES | {DeliveryState.HELD}))
        .defer("address_sealed", "body_sealed")
    )
    found = list(rows.filter(useful_until__lte=now).order_by("useful_until")[:limit])
    if len(found) < limit:
        ended = rows.filter(has_ended, created_at__lte=ended_before).exclude(id__in=[row.id for row in found])
        found += ended.order_by("created_at")[: limit - len(found)]
    for row in found:
        row.body_sealed = seal_column("", column=Column.BODY, delivery_id=row.id)
        if row.subject_sealed is not None:
            row.subject_sealed = seal_column("", column=Column.SUBJECT, delivery_id=row.id)
        row.words_dropped_at = now
    Delivery.objects.bulk_update(found, ["body_sealed", "subject_sealed", "words_dropped_at"])
    return len(found)


def forget_incoming(*, now: datetime) -> int:
    """Drop the ids of old text messages and the opt-outs that no longer hold; return how many rows."""
    received, _by_model = ReceivedSms.objects.filter(received_at__lte=now - RECEIVED_SMS_KEPT_FOR).delete()
    opt_outs, _by_model = SmsOptOut.objects.filter(noted_at__lte=now - HOLDS_FOR).delete()
    return received + opt_outs
