"""Renewed values written back by compare-and-swap: who writes meanwhile wins, and nobody waits (ADR 0076)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.models import Field, Model
from psycopg import errors, sql

from hsm.columns import described

LOCK_TIMEOUT: Final = "1s"
"""Of a row's lock the statement waits for nothing; of another's half-done insert into a unique index, so long."""

SWAP: Final = sql.SQL(
    """
    WITH swap AS (SELECT * FROM unnest({arrays}) AS swap ({names})),
    free AS (SELECT held.{pk} FROM {table} held JOIN swap ON held.{pk} = swap.pk FOR {strength} OF held SKIP LOCKED)
    UPDATE {table} held SET {sets} FROM swap JOIN free ON free.{pk} = swap.pk
    WHERE held.{pk} = swap.pk AND {unchanged}
    RETURNING held.{pk}
    """
)


@dataclass(frozen=True)
class Swap:
    """A row's columns as they were read, and those of them that change."""

    key: Any
    read: dict[str, bytes | None]
    new: dict[str, bytes]


def swapped(model: type[Model], swaps: Sequence[Swap]) -> set[Any]:
    """Write rows of which nothing compared has changed since they were read, in one statement.

    A row that somebody has locked is left alone, as is one that was changed: whoever calls comes back to both.

    Raises: IntegrityError when a new value is another row's already; then nothing is written.
    Locks:  the rows, for the time of the statement.
    Returns: the keys of the rows that were written.
    """
    names = sorted(set[str]().union(*(swap.new for swap in swaps)))
    if not names:
        return set()
    parameters: list[list[Any]] = [[swap.key for swap in swaps]]
    for name in names:
        parameters.append([swap.read[name] for swap in swaps])
        parameters.append([swap.new.get(name, swap.read[name]) for swap in swaps])
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
            cursor.execute(_statement(model, names), parameters)
            return {key for (key,) in cursor.fetchall()}
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
            raise
        return set()


def _statement(model: type[Model], names: Sequence[str]) -> sql.Composed:
    about = described(model)
    fields = [field for field in about.concrete_fields if field.attname in names]
    fields.sort(key=lambda field: field.attname)
    pk = about.pk
    key_type = sql.SQL(pk.rel_db_type(connection) or "")
    arrays = [sql.SQL("%s::{}[]").format(key_type), *[sql.SQL("%s::bytea[]")] * (2 * len(names))]
    columns = [
        (_name(field), sql.Identifier(f"old_{place}"), sql.Identifier(f"new_{place}"))
        for place, field in enumerate(fields)
    ]
    return SWAP.format(
        arrays=sql.SQL(", ").join(arrays),
        names=sql.SQL(", ").join([sql.Identifier("pk"), *(name for _, old, new in columns for name in (old, new))]),
        pk=_name(pk),
        table=sql.Identifier(about.db_table),
        # A change of a unique column locks the row against foreign keys too.
        strength=sql.SQL("UPDATE" if any(field.unique for field in fields) else "NO KEY UPDATE"),
        sets=sql.SQL(", ").join(sql.SQL("{} = swap.{}").format(column, new) for column, _, new in columns),
        unchanged=sql.SQL(" AND ").join(
            sql.SQL("held.{} IS NOT DISTINCT FROM swap.{}").format(column, old) for column, old, _ in columns
        ),
    )


def _name(field: Field[Any, Any]) -> sql.Identifier:
    return sql.Identifier(field.column or field.attname)
