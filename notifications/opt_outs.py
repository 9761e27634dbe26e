"""What carriers were told by the owners of numbers: no more text messages, or messages again."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from notifications.models import Delivery, SmsOptOut
from notifications.sealing import Column, address_indexes, index_address, open_column, seal_column
from notifications.states import Channel

HOLDS_FOR: Final = timedelta(days=7)  # then the carrier is asked again: a START may not have reached us
OPTED_OUT: Final = "sms_opted_out"  # the failure of a delivery that was not even sent
REFUSALS: Final = frozenset({"twilio_21610", "http_opted_out"})  # by which carriers tell us


def note_opt_out(*, phone: str, provider: str, now: datetime) -> bool:
    """Note that a number takes no text messages by one provider, or note it anew.

    Returns: False when it was noted before and held still.
    Raises: TransactionManagementError outside a transaction; HsmUnavailable.
    Writes: SmsOptOut.
    """
    _refuse_outside_transaction()
    notes = SmsOptOut.objects.filter(phone_index__in=address_indexes(phone), provider=provider)
    held = list(notes.select_for_update().values_list("noted_at", flat=True))
    if held:
        notes.update(noted_at=now)
        return max(held) <= now - HOLDS_FOR
    opt_out_id = uuid7()
    note = SmsOptOut(
        id=opt_out_id,
        phone_sealed=seal_column(phone, column=Column.OPT_OUT_PHONE, delivery_id=opt_out_id),
        phone_index=index_address(phone),
        provider=provider,
        noted_at=now,
    )
    SmsOptOut.objects.bulk_create([note], ignore_conflicts=True)  # of two that note it at once
    return True


def note_refusal(delivery: Delivery, *, failure: str, now: datetime) -> None:
    """Note the opt-out that a carrier's refusal of a delivery tells of, if it tells of one.

    Raises: TransactionManagementError outside a transaction; HsmUnavailable.
    Writes: SmsOptOut.
    """
    if failure in REFUSALS:
        phone = open_column(delivery.address_sealed, column=Column.ADDRESS, delivery_id=delivery.id)
        note_opt_out(phone=phone, provider=delivery.provider, now=now)


def lift_opt_out(*, phone: str, provider: str | None = None) -> bool:
    """Forget that a number takes no text messages by one provider, or by any; False when that was not noted.

    Raises: TransactionManagementError outside a transaction; HsmUnavailable.
    Writes: SmsOptOut.
    """
    _refuse_outside_transaction()
    notes = SmsOptOut.objects.filter(phone_index__in=address_indexes(phone))
    lifted, _by_model = (notes if provider is None else notes.filter(provider=provider)).delete()
    return lifted > 0


def provider_not_told(
    channel: Channel, *, told: Collection[str], provider_for: Callable[[Channel, str | None], str], avoided: str | None
) -> str | None:
    """Give the provider to ask: another than ``avoided``, and than one that was told to stop; None without any.

    ``told`` are those that the delivery's own index finds: while the keys change, one of the two may be remade before
    the other, and then the carrier refuses the message itself.
    """
    provider = provider_for(channel, avoided)
    if channel is Channel.SMS and provider in told:
        provider = provider_for(channel, provider)
    return None if channel is Channel.SMS and provider in told else provider


def _refuse_outside_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("An opt-out is noted with what told of it, in one transaction.")
