"""Having the keys before a process forks, so that its children do not each unwrap them."""

from hsm.keyring import keyring
from hsm.token.connection import connection


def preload() -> None:
    """This process has read the keys and opened those that are used in memory, and has no session with the module.

    A fork after it is safe, and the children keep what was read. The caller closes its connection to the database.

    Raises: HsmUnavailable; what the database raises.
    """
    try:
        keyring()
    finally:
        connection.close()
