"""How the words and addresses of a delivery are sealed: each column for its own purpose, bound to its row."""

from enum import StrEnum
from uuid import UUID

from hsm.api import open_sealed, seal


class Column(StrEnum):
    """The sealed columns; the value is the purpose under which they are sealed."""

    ADDRESS = "notifications.delivery.address"
    SUBJECT = "notifications.delivery.subject"
    BODY = "notifications.delivery.body"


def seal_column(text: str, *, column: Column, delivery_id: UUID) -> bytes:
    """Give ``text`` as the row stores it."""
    return seal(text, purpose=column, bound_to=delivery_id)


def open_column(sealed: bytes | memoryview, *, column: Column, delivery_id: UUID) -> str:
    """Give back the text of a column.

    Raises: SealBroken when the value was changed or moved; HsmUnavailable.
    """
    return open_sealed(sealed, purpose=column, bound_to=delivery_id)
