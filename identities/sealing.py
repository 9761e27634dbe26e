"""What the sealed columns and look-ups of this app are bound to: one purpose a column."""

from typing import Final

from identities.states import ChangeField, ContactKind

NAME: Final = "citizen.name"
CPR_NUMBER: Final = "citizen.cpr_number"
BORN_ON: Final = "citizen.born_on"
ADDRESS: Final = "citizen.address"
ACTIVATION_CODE: Final = "activation_code"
TEMPORARY_PIN: Final = "temporary_pin"
APP_PIN: Final = "app_pin"
COPY_TOKEN: Final = "copy_token"  # noqa: S105 - a purpose, not a token
CHIP_USER: Final = "chip.user"
CHIP_MADE_UP: Final = "chip.made_up"
CONTACT_CODE: Final = "contact_code"
STOP_CODE: Final = "stop_code"
STOP_TOKEN: Final = "stop_token"  # noqa: S105 - a purpose, not a token


def contact(kind: ContactKind) -> str:
    """Give the purpose of a contact point's value."""
    return f"contact.{kind.value}"


def contact_proof(kind: ContactKind) -> str:
    """Give the purpose of a contact value that is being proven."""
    return f"contact_proof.{kind.value}"


def change(field: ChangeField) -> str:
    """Give the purpose of a pending change's new value."""
    return f"change.{field.value}"
