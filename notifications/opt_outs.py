"""What carriers were told by the owners of numbers: no more text messages, or messages again."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from notifications.models import Delivery, SmsOptOut
from notifications.sealing import Column, address_indexes, index_address, open_column, seal_column

HOLDS_FOR: Final = timedelta(days=7)  # then the carrier is asked again: a START may not have reached us
OPTED_OUT: Final = "sms_opted_out"  # the failure of a delivery that was not even sent
REFUSALS: Final = frozenset({"twilio_21610", "http_opted_out"})  # by which carriers tell us


def note_opt_out(*, phone: str, now: datetime) -> None:
    """Note that a number takes no text messages from us, or note it anew.

    Raises: TransactionManagementError outside a transaction; HsmUnavailable.
    Writes: SmsOptOut.
    """
    _refuse_outside_transaction()
    if SmsOptOut.objects.filter(phone_index__in=address_indexes(phone)).update(noted_at=now):
        return
    opt_out_id = uuid7()
    note = SmsOptOut(
        id=opt_out_id,
        phone_sealed=seal_column(phone, column=Column.OPT_OUT_PHONE, delivery_id=opt_out_id),
        phone_index=index_address(phone),
        noted_at=now,
    )
    SmsOptOut.objects.bulk_create([note], ignore_conflicts=True)  # of two that note it at once


def note_refusal(delivery: Delivery, *, failure: str, now: datetime) -> None:
    """Note the opt-out that a carrier's refusal of a delivery tells of, if it tells of one.

    Raises: TransactionManagementError outside a transaction; HsmUnavailable.
    Writes: SmsOptOut.
    """
    if failure in REFUSALS:
        phone = open_column(delivery.address_sealed, column=Column.ADDRESS, delivery_id=delivery.id)
        note_opt_out(phone=phone, now=now)


def lift_opt_out(*, phone: str) -> bool:
    """Forget that a number takes no text messages from us; False when that was not noted.

    Raises: TransactionManagementError outside a transaction; HsmUnavailable.
    Writes: SmsOptOut.
    """
    _refuse_outside_transaction()
    lifted, _by_model = SmsOptOut.objects.filter(phone_index__in=address_indexes(phone)).delete()
    return lifted > 0


def is_opted_out(delivery: Delivery, *, now: datetime) -> bool:
    """Tell whether a delivery is a text message to a number that takes none from us.

    By the delivery's own index: while the keys change, one of the two may be remade before the other, and then the
    carrier refuses the message itself.
    """
    if delivery.address_index is None:
        return False
    since = now - HOLDS_FOR
    return SmsOptOut.objects.filter(phone_index=delivery.address_index, noted_at__gt=since).exists()


def _refuse_outside_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An opt-out is noted with what told of it, in one transaction.")
