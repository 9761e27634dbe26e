"""Whether the module answers."""

from hsm.keyring import forget_keyring, keyring
from hsm.rules import key_label
from hsm.states import KeyName
from hsm.token import operations
from hsm.token.connection import connection


def probe() -> None:
    """Return when the module answers and holds the key that every log-in needs.

    Raises: HsmUnavailable.
    """
    operations.touch(key_label(KeyName.VERIFIER, keyring().active(KeyName.VERIFIER)))


def forget() -> None:
    """Drop this process's session, handles and data keys; the next use begins anew."""
    connection.close()
    forget_keyring()
