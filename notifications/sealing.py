"""How the words and addresses of a delivery are sealed and indexed: each column for its own purpose."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from hsm.api import blind_index, blind_index_candidates, open_sealed, seal

ADDRESS_INDEX: Final = "notifications.address"  # the purpose under which normal addresses are indexed


class Column(StrEnum):
    """The sealed columns; the value is the purpose under which they are sealed."""

    ADDRESS = "notifications.delivery.address"
    SUBJECT = "notifications.delivery.subject"
    BODY = "notifications.delivery.body"
    OPT_OUT_PHONE = "notifications.sms_opt_out.phone"


def seal_column(text: str, *, column: Column, delivery_id: UUID) -> bytes:
    """Give ``text`` as the row stores it."""
    return seal(text, purpose=column, bound_to=delivery_id)


def open_column(sealed: bytes | memoryview, *, column: Column, delivery_id: UUID) -> str:
    """Give back the text of a column.

    Raises: SealBroken when the value was changed or moved; HsmUnavailable.
    """
    return open_sealed(sealed, purpose=column, bound_to=delivery_id)


def index_address(address: str) -> bytes:
    """Give what limits by address look a normal address up under.

    Raises: HsmUnavailable.
    Bytes:  34.
    """
    return blind_index(address, purpose=ADDRESS_INDEX)


def address_indexes(address: str) -> list[bytes]:
    """Give the index under every readable key, for a look-up with ``__in``.

    Raises: HsmUnavailable.
    """
    return blind_index_candidates(address, purpose=ADDRESS_INDEX)
