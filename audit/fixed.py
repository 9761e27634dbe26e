"""Statements whose text is made once a process, for acts that run them for everybody who logs in.

Django makes the text of a query anew each time, which takes several times as long as the query itself. Here the query
is written with Django's own words, its text is made at its first use, and from then on only parameters change
(docs/decisions/0134).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import FieldError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction
from django.db.models import BinaryField, Field, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError

from audit.prepared import Parameter, prepared_cursor

Row = TypeVar("Row", bound=Model)
Make = Callable[[tuple[Any, ...]], Row]
_EPOCH: Final = datetime(1583, 1, 1, tzinfo=UTC)


class FixedQuery(Generic[Row]):
    """The rows of a query, as instances; annotations and ``select_related`` are read too.

    ``query`` is called once, with a value of each type in ``holes`` that stands in nothing else.
    """

    def __init__(self, query: Callable[..., QuerySet[Row]], *holes: type[UUID | datetime | str | int]) -> None:
        self._query = query
        self._samples = [_sample(hole, place) for place, hole in enumerate(holes)]
        self._made: tuple[str, list[Parameter], list[tuple[int, int]], bool, Make[Row]] | None = None

    def rows(self, *values: Parameter) -> list[Row]:
        """Give the rows, each a fresh instance.

        Raises: TransactionManagementError when they are to be locked and no transaction is open.
        """
        if len(values) != len(self._samples):
            raise TypeError(f"The query takes {len(self._samples)} values.")
        text, fixed, places, locks, make = self._made or self._make()
        database = transaction.get_connection()
        if locks and not database.in_atomic_block:
            raise TransactionManagementError("Rows are locked in a transaction.")
        parameters = list(fixed)
        for place, which in places:
            parameters[place] = values[which]
        cursor = prepared_cursor(database)
        cursor.execute(text, parameters)
        return [make(row) for row in cursor.fetchall()]

    def first(self, *values: Parameter) -> Row | None:
        """Give the first row, where there is one."""
        rows = self.rows(*values)
        return rows[0] if rows else None

    def _make(self) -> tuple[str, list[Parameter], list[tuple[int, int]], bool, Make[Row]]:
        query = self._query(*self._samples).query
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        text, parameters = compiler.as_sql()
        known = {sample: which for which, sample in enumerate(self._samples)}
        text, parameters = _with_literals(text, parameters, known)
        places = [(place, known[value]) for place, value in enumerate(parameters) if _is_in(value, known)]
        if {which for _, which in places} != set(known.values()):
            raise FieldError("A value of the query is not among its parameters.")
        if compiler.get_converters([expression for expression, *_ in compiler.select]):
            raise FieldError("A column of the query is more than what the database gives.")
        self._made = text, list(parameters), places, bool(query.select_for_update), self._maker(compiler)
        return self._made

    def _maker(self, compiler: Any) -> Make[Row]:
        return _model_maker(compiler)


class FixedValues(FixedQuery[Any]):
    """The same of a query that ends in ``values_list``, one of ``union`` too: its rows are tuples."""

    def _maker(self, compiler: Any) -> Make[Any]:
        width = len(compiler.select)
        return lambda row: row[:width]


def put_in(row: Model) -> None:
    """Insert a row that has its key already, whatever its columns are."""
    model = type(row)
    text, fields = _insert_of(model)
    database = transaction.get_connection()
    prepared_cursor(database).execute(text, [_stored(field, field.pre_save(row, True)) for field in fields])  # noqa: FBT003 - Django's own
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001 - as Django's own save leaves a row


def put_back(row: Model, *names: str) -> None:
    """Save the named columns of a row that was read. Raises: DatabaseError when there is no such row any more."""
    text, fields = _update_of(type(row), names)
    database = transaction.get_connection()
    cursor = prepared_cursor(database)
    cursor.execute(text, [_stored(field, getattr(row, field.attname)) for field in fields])
    if cursor.rowcount != 1:
        raise DatabaseError("The row to be saved is not there.")


@cache
def _insert_of(model: type[Model]) -> tuple[str, "list[Field[Any, Any]]"]:
    fields = [field for field in model._meta.concrete_fields if not field.generated]  # noqa: SLF001 - Django's own door
    columns, holes = ", ".join(_quoted(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ({holes})", fields  # noqa: S608, SLF001 - our own names


@cache
def _update_of(model: type[Model], names: Sequence[str]) -> tuple[str, "list[Field[Any, Any]]"]:
    meta = model._meta  # noqa: SLF001 - Django's own door
    fields: list[Field[Any, Any]] = [meta.get_field(name) for name in names]  # type: ignore[misc]  # columns only
    changes = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    return (
        f"UPDATE {_quoted(meta.db_table)} SET {changes} WHERE {_quoted(meta.pk.column)} = %s",  # noqa: S608 - our own names
        [*fields, meta.pk],
    )


def _stored(field: "Field[Any, Any]", value: Any) -> Parameter:
    if isinstance(field, BinaryField):
        return None if value is None else bytes(value)
    stored: Parameter = field.get_db_prep_save(value, connection=transaction.get_connection())
    return stored


def _model_maker(compiler: Any) -> Make[Any]:
    select, known, annotations = compiler.select, compiler.klass_info, compiler.annotation_col_map
    model, chosen = known["model"], known["select_fields"]
    first, end = chosen[0], chosen[-1] + 1
    names = [expression[0].target.attname for expression in select[first:end]]
    related = get_related_populators(known, select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]  # the stubs' Django is newer

    def make(row: tuple[Any, ...]) -> Any:
        found = model.from_db(DEFAULT_DB_ALIAS, names, row[first:end])
        for populator in related:
            populator.populate(row, found)
        for name, place in annotations.items():
            setattr(found, name, row[place])
        return found

    return make


def _sample(hole: type[Any], place: int) -> Any:
    if hole is UUID:
        return UUID(int=(0xFACADE << 104) + place)
    if hole is datetime:
        return _EPOCH + timedelta(days=place)
    return f"\ue000{place}" if hole is str else -(2**31) + place


def _with_literals(text: str, parameters: Sequence[Any], known: dict[Any, int]) -> tuple[str, list[Any]]:
    """Write what never changes into the text: only so does the server see that a partial index holds the rows."""
    first, *rest = text.split("%s")
    pieces, left = [first], []
    for value, piece in zip(parameters, rest, strict=True):
        literal = None if _is_in(value, known) else _literal(value)
        if literal is None:
            left.append(value)
        pieces += [literal or "%s", piece]
    return "".join(pieces), left


def _literal(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    is_plain = isinstance(value, str) and value.isascii() and value.replace("_", "").isalnum()
    return f"'{value!s}'" if is_plain else None


def _is_in(value: Any, known: dict[Any, int]) -> bool:
    return isinstance(value, UUID | datetime | str | int) and value in known


def _quoted(name: str | None) -> str:
    return f'"{name}"'
