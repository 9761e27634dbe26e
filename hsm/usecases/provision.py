"""Making the keys that are missing."""

from django.db import connection, transaction

from hsm.errors import HsmUnavailable
from hsm.keyring import forget_keyring
from hsm.models import DataKey, KeyVersion
from hsm.states import FIRST_ALGORITHM, KeyName, KeyState
from hsm.steps import MAKING_ORDER, is_held, make_data_key, make_version

LOCK = 0x6D697469645F6873
"""Advisory lock of the database: one provisioning at a time, whichever machine it runs on."""


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
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    for name in MAKING_ORDER:
        _ensure_key(name)
    if not DataKey.objects.exists():
        make_data_key(1, state=KeyState.ACTIVE)


def _ensure_key(name: KeyName) -> None:
    recorded = KeyVersion.objects.filter(name=name).exclude(state=KeyState.DESTROYED)
    for row in recorded:
        if not is_held(name, row.version, row.algorithm):
            raise HsmUnavailable("The token does not hold a key that is recorded.")
    if not recorded:
        make_version(name, 1, FIRST_ALGORITHM[name], state=KeyState.ACTIVE)
