"""Protected rows: read by key, in batches and without locks, and opened column by column."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.db import connection
from django.db.models import Model, QuerySet

from hsm.columns import Column, IndexColumn, SealedColumn, columns_of_tables, described, purpose_in
from hsm.errors import KeyBroken, SealBroken
from hsm.keyring import UnknownVersion
from hsm.sealing import open_sealed

BATCH_ROWS: Final = 500
COUNTED_ROWS: Final = 100_000
DOES_NOT_OPEN: Final = (SealBroken, KeyBroken, UnknownVersion, ValueError)
"""What opening a value raises when the value or its wrapped key is at fault, and not the module."""

Row = Mapping[str, Any]


class Progress(Protocol):
    """Is told of every batch."""

    def __call__(self, table: str, *, rows: int, total: int | None = None) -> None:
        """Take note of ``rows`` more; a ``total``, which may be an estimate, begins a table."""


def unwatched(table: str, *, rows: int, total: int | None = None) -> None:
    """Take no note."""


@dataclass(frozen=True)
class Finding:
    """A value that does not open, or an index that is not its value's: by column and row, never by content."""

    column: str
    key: str


@dataclass(frozen=True)
class ProtectedTable:
    """A model with its protected columns."""

    label: str
    columns: tuple[Column, ...]

    @property
    def model(self) -> type[Model]:
        """The model."""
        return self.columns[0].table

    def rows_after(self, key: object | None, *, limit: int) -> list[dict[str, Any]]:
        """Read the next rows by key, with all that is needed to open them."""
        names = sorted(set[str]().union(*(column.reads() for column in self.columns)))
        rows: QuerySet[Model] = QuerySet(self.model).order_by("pk")
        if key is not None:
            rows = rows.filter(pk__gt=key)
        return list(rows.values("pk", *names)[:limit])

    def batches(self, *, limit: int) -> Iterator[list[dict[str, Any]]]:
        """Read all rows, batch by batch."""
        key = None
        while rows := self.rows_after(key, limit=limit):
            yield rows
            key = rows[-1]["pk"]

    def indexed_value(self, column: IndexColumn, row: Row) -> str:
        """Open the value of which a blind index was made, as it is indexed.

        Raises: SealBroken, also when the value is not there; HsmUnavailable.
        """
        sealed = next(c for c in self.columns if isinstance(c, SealedColumn) and c.column == column.value)
        if row[sealed.column] is None:
            raise SealBroken("An index stands without its value.")
        return column.normal(opened(sealed, row))

    def size(self) -> int:
        """Tell how many rows there are: as the planner last knew of a big table, counted for a small one."""
        with connection.cursor() as cursor:
            table = described(self.model).db_table
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table])
            (rows,) = cursor.fetchone()
        return int(rows) if rows > COUNTED_ROWS else QuerySet(self.model).count()


def protected_tables(*kinds: type[Column]) -> list[ProtectedTable]:
    """Give the tables that have a protected column of one of these kinds."""
    return [
        ProtectedTable(label, columns)
        for label, columns in columns_of_tables().items()
        if any(isinstance(column, kinds) for column in columns)
    ]


def opened(column: SealedColumn, row: Row) -> str:
    """Open a sealed column of a row.

    Raises: SealBroken; HsmUnavailable.
    """
    purpose = purpose_in(row, column.purpose)
    return open_sealed(row[column.column], purpose=purpose, bound_to=row[column.bound_to])
