"""Making the keys that are missing."""

from django.db import transaction

from hsm.keyring import forget_keyring
from hsm.steps.ceremonies import lock_ceremonies
from hsm.steps.making import ensure_first_versions


def provision() -> None:
    """Have a first version of every key and of the data key.

    A key that is recorded but not in the token is not made anew: another key under its name would open
    nothing that it protected.

    Rule:   KEY-1, KEY-2.
    Raises: HsmUnavailable when the module is away or has lost a recorded key.
    Locks:  the database's advisory lock, then the machine's lock on the module.
    Writes: KeyVersion, DataKey.
    """
    _provision()
    forget_keyring()


@transaction.atomic(durable=True)
def _provision() -> None:
    lock_ceremonies()
    ensure_first_versions()
