"""Whether the module answers."""

from hsm.keyring import Keyring, forget_keyring, keyring, looked_up
from hsm.rules import key_label
from hsm.states import KeyName
from hsm.token import operations
from hsm.token.connection import connection


def probe() -> None:
    """Return when the module answers and holds the key that every log-in needs, and what is new can be sealed.

    Raises: HsmUnavailable.
    """
    looked_up(Keyring.active_data_key)
    operations.touch(key_label(KeyName.VERIFIER, keyring().active(KeyName.VERIFIER)))


def forget() -> None:
    """Drop this process's session, handles and data keys; the next use begins anew."""
    connection.close()
    forget_keyring()
