"""Where a version of a key is still needed, so that nobody destroys it under what it protects."""

from collections.abc import Iterator

from django.db import connection, transaction

from hsm.columns import protected_columns
from hsm.models import DataKey, KeyVersion
from hsm.states import DATA_KEY, KeyName, KeyState


def places_using(name: str, version: int) -> list[str]:
    """Name the columns that still hold something made with a version of a key; none means that it may go.

    ``name`` is a key's, or "data-key". Every column is asked for one hit only; a column without an index on its
    value is read to its end where there is none (docs/decisions/0076), however long that takes; the transaction that
    asks has no time limit from then on.

    Rule: KEY-3.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        return [*_inside(name, version), *_in_columns(name, version)]


def _inside(name: str, version: int) -> Iterator[str]:
    if name != KeyName.DATA_WRAP:
        return
    wrapped = {"wrapped_by__name": name, "wrapped_by__version": version}
    if DataKey.objects.filter(**wrapped).exclude(state=KeyState.DESTROYED).exists():
        yield "hsm.DataKey.wrapped"
    if KeyVersion.objects.filter(**wrapped, wrapped_private__isnull=False).exists():
        yield "hsm.KeyVersion.wrapped_private"


def _in_columns(name: str, version: int) -> Iterator[str]:
    if name not in {DATA_KEY, KeyName.SECRET_WRAP, KeyName.LOOKUP, KeyName.VERIFIER}:
        return
    for column in protected_columns():
        if column.key == name and column.rows.filter(column.live, column.made_with(version)).exists():
            yield column.name
