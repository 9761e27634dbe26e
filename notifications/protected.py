"""What this app has protected with our keys: registered when Django starts, renewed and proven by ``hsm``."""

from typing import Final

from hsm.api import SealedColumn
from notifications.sealing import Column

DELIVERY: Final = "notifications.Delivery"

COLUMNS: Final = (
    SealedColumn(model=DELIVERY, column="address_sealed", purpose=Column.ADDRESS),
    SealedColumn(model=DELIVERY, column="subject_sealed", purpose=Column.SUBJECT),
    SealedColumn(model=DELIVERY, column="body_sealed", purpose=Column.BODY),
)
