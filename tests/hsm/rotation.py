"""Second versions of keys, and rows whose values the first ones made."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from hsm.keyring import forget_keyring
from hsm.models import DataKey, KeyVersion
from hsm.rules import key_label
from hsm.states import DATA_KEY, KeyKind, KeyName, KeyState
from hsm.steps.making import make_data_key, make_version
from hsm.token import keys
from hsm.vouching import all_rows, vouch

ALL = (DATA_KEY, KeyName.DATA_WRAP, KeyName.SECRET_WRAP, KeyName.LOOKUP, KeyName.VERIFIER)


def vouch_for_all() -> None:
    """The module vouches for every row as it is now, however it came to be so."""
    for row in all_rows():
        vouch(row)
        rows: QuerySet[Model] = QuerySet(type(row))
        rows.filter(pk=row.pk).update(voucher=row.voucher)


@contextmanager
def unguarded() -> Iterator[None]:
    """Within, no trigger keeps a row from being changed, as for whoever owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = 'replica'")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = 'origin'")


def without_keys() -> None:
    """No key is on record."""
    with unguarded():
        DataKey.objects.all().delete()
        KeyVersion.objects.exclude(wrapped_by=None).delete()
        KeyVersion.objects.all().delete()


def planted(label: str, kind: KeyKind) -> None:
    """The token holds a key under a label."""
    if not keys.is_present(label, kind):
        keys.make(label, kind)


def make_anew(name: KeyName, version: int, algorithm: str, *, state: KeyState, at: datetime | None = None) -> None:
    """A version is made and on record, whatever an earlier test left of it in the token."""
    for kind in KeyKind:
        keys.erase(key_label(name, version), kind)
    make_version(name, version, algorithm, state=state, at=at)


def rotate(*names: str, at: datetime | None = None) -> None:
    """Make the next version of each key the active one; the one before only opens and verifies."""
    for name in names:
        with transaction.atomic():  # as a ceremony: others read the rows before it or after it
            _rotate(name, at)
    forget_keyring()


def _rotate(name: str, at: datetime | None) -> None:
    rows = DataKey.objects.all() if name == DATA_KEY else KeyVersion.objects.filter(name=name)
    version = max(rows.values_list("version", flat=True)) + 1
    rows.filter(state=KeyState.ACTIVE).update(state=KeyState.VERIFY_ONLY)
    vouch_for_all()
    if name == DATA_KEY:
        make_data_key(version, state=KeyState.ACTIVE, at=at)
    else:
        algorithm = KeyVersion.objects.filter(name=name).latest("version").algorithm
        make_anew(KeyName(name), version, algorithm, state=KeyState.ACTIVE, at=at)
