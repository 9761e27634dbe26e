"""What this app has protected with our keys: registered when Django starts, renewed and proven by ``hsm``."""

from typing import Final

from django.db.models import Q

from hsm.api import IndexColumn, SealedColumn
from notifications.sealing import ADDRESS_INDEX, Column

DELIVERY: Final = "notifications.Delivery"
OPT_OUT: Final = "notifications.SmsOptOut"

COLUMNS: Final = (
    SealedColumn(model=DELIVERY, column="address_sealed", purpose=Column.ADDRESS),
    IndexColumn(
        model=DELIVERY,
        column="address_index",
        purpose=ADDRESS_INDEX,
        value="address_sealed",
        live=Q(address_index__isnull=False),  # the inbox has none
    ),
    SealedColumn(model=DELIVERY, column="subject_sealed", purpose=Column.SUBJECT),
    SealedColumn(model=DELIVERY, column="body_sealed", purpose=Column.BODY),
    SealedColumn(model=OPT_OUT, column="phone_sealed", purpose=Column.OPT_OUT_PHONE),
    IndexColumn(model=OPT_OUT, column="phone_index", purpose=ADDRESS_INDEX, value="phone_sealed"),
)
