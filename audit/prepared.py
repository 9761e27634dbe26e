"""A cursor for statements that are the same in every act: prepared, and handed to libpq without a detour.

Of what a row of the log costs this process, psycopg's own cursor was a third: it parses, adapts, waits and keeps
count of what it prepared, all of it in Python. Here a statement is prepared once a connection and its parameters go
over the wire as they are (docs/decisions/0086).
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg import Connection, OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import InvalidSqlStatementName, lookup
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

_TEXT: Final = 0
_BINARY: Final = 1
Parameter = int | str | bytes | datetime | UUID | None

_names: "WeakKeyDictionary[Connection[Any], dict[str, bytes]]" = WeakKeyDictionary()
"""What is prepared on which connection, by its text: connections come from a pool and go from thread to thread."""


class PreparedCursor:
    """What Django's wrapper needs of a cursor (PEP 249), for statements whose parameters are written ``%s``.

    Rows hold what psycopg's own cursor would give. Nothing but such statements may be prepared on the connection:
    psycopg, when it forgets its own after a ROLLBACK, has the server forget all.
    """

    def __init__(self, connection: "Connection[Any]") -> None:
        self.connection: Final = connection
        self._names = _names.setdefault(connection, {})
        self._result: PGresult | None = None

    def execute(self, query: str, parameters: Sequence[Parameter] = ()) -> None:
        """Run a statement in the transaction that is open, or opens now.

        Raises: what psycopg raises for the server's answer.
        """
        server = self.connection.pgconn
        if server.transaction_status == TransactionStatus.IDLE and not self.connection.autocommit:
            self._begin()
        name = self._names.get(query) or self._prepared(query)
        values: Any = [_dumped(value) for value in parameters]  # psycopg's own hint forgets that NULL is None
        formats = [_BINARY if isinstance(value, bytes) else _TEXT for value in parameters]
        try:
            self._result = _checked(server.exec_prepared(name, values, formats))
        except InvalidSqlStatementName:
            self._names.clear()
            raise

    @property
    def rowcount(self) -> int:
        """How many rows the statement found or changed."""
        found = None if self._result is None else self._result.command_tuples
        return -1 if found is None else found

    def fetchone(self) -> tuple[Any, ...]:
        """Give the first row. Raises: IndexError when the statement gave none."""
        rows = self.fetchall()
        if not rows:
            raise IndexError("The statement gave no row.")
        return rows[0]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Give all rows."""
        result = self._result
        if result is None or result.ntuples == 0:
            return []
        loading = Transformer.from_context(self.connection)
        loading.set_pgresult(result)
        return loading.load_rows(0, result.ntuples, tuple)

    def close(self) -> None:
        """Nothing is kept open."""

    def _begin(self) -> None:
        connection = self.connection
        if (connection.isolation_level, connection.read_only, connection.deferrable) == (None, None, None):
            _checked(connection.pgconn.exec_(b"BEGIN"))
        else:
            connection.execute("SELECT")  # psycopg begins a transaction as the connection is told to

    def _prepared(self, query: str) -> bytes:
        # By its text: behind a pooler that shares server connections a name must never stand for another statement.
        name = b"mitid_" + sha256(query.encode()).hexdigest()[:32].encode()
        pieces = query.split("%s")
        numbered = "".join(
            piece if place == len(pieces) else f"{piece}${place}" for place, piece in enumerate(pieces, start=1)
        )
        _checked(self.connection.pgconn.prepare(name, numbered.encode()))
        self._names[query] = name
        return name


def _dumped(value: Parameter) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else str(value).encode()


def _checked(result: PGresult) -> PGresult:
    if result.status in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        return result
    state, words = (
        result.error_field(field) or b"" for field in (DiagnosticField.SQLSTATE, DiagnosticField.MESSAGE_PRIMARY)
    )
    if not state:  # libpq's own words: the connection is gone
        raise OperationalError(result.get_error_message())
    raise lookup(state.decode())(words.decode(errors="replace"))


def prepared_cursor(database: BaseDatabaseWrapper) -> CursorWrapper:
    """Give a cursor for prepared statements, or an ordinary one where queries are logged."""
    if database.queries_logged:
        return database.cursor()
    if database.connection is None:
        database.ensure_connection()
    cursor: Any = PreparedCursor(database.connection)  # the wrapper takes whatever has the methods it is asked for
    return database.make_cursor(cursor)
