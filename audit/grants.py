"""What the portal's role in the database may do: add to the log and read it, and what it likes elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

# Of a role, what it has by being a member counts as its own: it may take on each such role.
_ROLE: Final = """
SELECT
    EXISTS (
        SELECT FROM pg_roles AS above
        WHERE (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication) AND pg_has_role(me.oid, above.oid, 'MEMBER')
    ),
    ARRAY(
        SELECT rolname::text FROM pg_roles AS above
        WHERE rolname = ANY(%s) AND pg_has_role(me.oid, above.oid, 'MEMBER') ORDER BY 1
    ),
    EXISTS (
        SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(me.oid, datdba, 'MEMBER')
    ) OR EXISTS (
        SELECT FROM pg_namespace WHERE nspname = 'public' AND pg_has_role(me.oid, nspowner, 'MEMBER')
    ),
    EXISTS (
        SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND pg_has_role(me.oid, relowner, 'MEMBER')
    ) OR EXISTS (
        SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND pg_has_role(me.oid, proowner, 'MEMBER')
    )
FROM pg_roles AS me WHERE rolname = %s
"""
_TOO_MUCH: Final = (
    # roles of the server's own: of each it is written that members may do what only a superuser may otherwise, or that
    # they write every table
    "pg_execute_server_program",
    "pg_maintain",
    "pg_read_server_files",
    "pg_write_all_data",
    "pg_write_server_files",
)
# A table is append-only when a trigger says so by a function of such a name: the log's, and those of apps above.
_APPEND_ONLY: Final = r"""
SELECT DISTINCT relname::text, relispartition
FROM pg_trigger
JOIN pg_proc ON pg_proc.oid = tgfoid AND proname LIKE '%\_refuse\_change'
JOIN pg_class ON pg_class.oid = tgrelid AND relnamespace = 'public'::regnamespace
ORDER BY 1
"""
_SEQUENCES: Final = """
SELECT sequence.relname::text
FROM pg_depend
JOIN pg_class AS sequence ON sequence.oid = objid AND sequence.relkind = 'S'
JOIN pg_class AS owner ON owner.oid = refobjid AND owner.relname = ANY(%s)
WHERE pg_depend.classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
ORDER BY 1
"""


class RoleUnfit(ValueError):  # noqa: N818 - it says what is so
    """The role could give itself what is kept from it."""


@dataclass(frozen=True)
class Granted:
    """Which tables the role may only add to or only read, and how many partitions it reaches through them alone."""

    append_only: list[str]
    partitions: int
    read_only: list[str]


@transaction.atomic
def grant_to(role: str) -> Granted:
    """A role may read and write every table, but only add to the append-only ones and only read those of the keys.

    Which are only read is the setting ``READ_ONLY_TABLES``: their rows are changed by commands that the owner runs.

    Rule:   LOG-1, KEY-1. Asked again after each migration: later tables are granted as ordinary ones.
    Raises: RoleUnfit for a role that is not there, or that is above such limits.
    """
    _refuse_unfit(role)
    read_only = list(settings.READ_ONLY_TABLES)
    with connection.cursor() as cursor:
        cursor.execute(_APPEND_ONLY)
        found = {table: is_partition for table, is_partition in cursor.fetchall() if table not in read_only}
        sequences, unused = _sequences_of(cursor, list(found)), _sequences_of(cursor, read_only)
    for statement in _ORDINARY:
        _run(statement, role)
    for table, is_partition in found.items():
        _run("REVOKE ALL ON TABLE public.{name} FROM {role}, PUBLIC", role, table)
        if not is_partition:
            _run("GRANT SELECT, INSERT ON TABLE public.{name} TO {role}", role, table)
    for sequence in sequences:
        _run("REVOKE ALL ON SEQUENCE public.{name} FROM {role}, PUBLIC", role, sequence)
        _run("GRANT USAGE ON SEQUENCE public.{name} TO {role}", role, sequence)
    for table in read_only:
        _run("REVOKE ALL ON TABLE public.{name} FROM {role}, PUBLIC", role, table)
        _run("GRANT SELECT ON TABLE public.{name} TO {role}", role, table)
    for sequence in unused:
        _run("REVOKE ALL ON SEQUENCE public.{name} FROM {role}, PUBLIC", role, sequence)
    _run("GRANT EXECUTE ON FUNCTION public.audit_make_partition(date) TO {role}", role)
    tables = [table for table, is_partition in found.items() if not is_partition]
    return Granted(append_only=tables, partitions=len(found) - len(tables), read_only=read_only)


def _sequences_of(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    cursor.execute(_SEQUENCES, [tables])
    return [name for (name,) in cursor.fetchall()]


_ORDINARY: Final = (
    "REVOKE CREATE ON SCHEMA public FROM {role}, PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)


class Cursor(Protocol):
    """Django's cursor, or the driver's."""

    def execute(self, query: str, params: Sequence[Any], /) -> object:
        """Run a statement."""

    def fetchone(self) -> Any:
        """Give the next row."""


def objection_to_role(cursor: Cursor, role: str) -> str | None:
    """Say why the log is not safe from a role; ``None`` means that it is.

    Rule: LOG-1. The owner of a database may drop whatever is in it, and the owner of a table is bound by no trigger.
    """
    cursor.execute(_ROLE, [list(_TOO_MUCH), role])
    found = cursor.fetchone()
    if found is None:
        return f"There is no role {role}."
    has_powers, too_much, owns_database, owns_tables = found
    if has_powers:
        return (
            f"The role {role} is a superuser, or may bypass row security, make roles or replicate; or is a member of"
            " such a role."
        )
    if too_much:
        return f"The role {role} is a member of {', '.join(too_much)}."
    if owns_database:
        return (
            f"The role {role} owns the database or its schema, or is a member of the role that does: it may drop both."
        )
    if owns_tables:
        return f"The role {role} owns tables, or is a member of the role that does: no trigger binds it."
    return None


def _refuse_unfit(role: str) -> None:
    with connection.cursor() as cursor:
        objection = objection_to_role(cursor, role)
    if objection is not None:
        raise RoleUnfit(objection)


def _run(statement: str, role: str, name: str = "") -> None:
    composed = sql.SQL(statement).format(role=sql.Identifier(role), name=sql.Identifier(name or role))
    with connection.cursor() as cursor:
        cursor.execute(composed)
