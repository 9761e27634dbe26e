"""Making the keys that are missing."""

from django.db import connection, transaction

from hsm.errors import HsmUnavailable
from hsm.keyring import data_key_context, forget_keyring
from hsm.models import DataKey, KeyVersion
from hsm.rules import key_label
from hsm.states import KIND_OF, KeyName, KeyState
from hsm.token import keys, operations

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
    for name in KeyName:
        _ensure_key(name)
    if not DataKey.objects.exists():
        _make_data_key(version=1)


def _ensure_key(name: KeyName) -> None:
    recorded = KeyVersion.objects.filter(name=name).exclude(state=KeyState.DESTROYED)
    for row in recorded:
        if not keys.is_present(key_label(name, row.version), KIND_OF[name]):
            raise HsmUnavailable("The token does not hold a key that is recorded.")
    if not recorded:
        public_key = keys.ensure(key_label(name, 1), KIND_OF[name])
        KeyVersion.objects.create(name=name, version=1, state=KeyState.ACTIVE, public_key=public_key)


def _make_data_key(*, version: int) -> None:
    wrapper = KeyVersion.objects.get(name=KeyName.DATA_WRAP, state=KeyState.ACTIVE)
    wrapped = operations.encrypt(
        key_label(KeyName.DATA_WRAP, wrapper.version),
        operations.random_bytes(32),
        context=data_key_context(version),
    )
    DataKey.objects.create(version=version, state=KeyState.ACTIVE, wrapped=wrapped, wrapped_by=wrapper)
