"""What the portal's role in the database may do: add to the log and read it, and what it likes elsewhere."""

from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from psycopg import sql

_ROLE: Final = """
SELECT rolsuper, rolbypassrls OR rolcreaterole OR rolreplication, pg_has_role(rolname, current_user, 'MEMBER'),
       EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace)
FROM pg_roles WHERE rolname = %s
"""
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
    """Which tables the role may only add to, and how many partitions it reaches through them alone."""

    append_only: list[str]
    partitions: int


@transaction.atomic
def grant_to(role: str) -> Granted:
    """A role may read and write every table, and nothing but read and add to those that are append-only.

    Rule:   LOG-1. Asked again after each migration: what is granted for later tables is granted for ordinary ones.
    Raises: RoleUnfit for a role that is not there, or that is above such limits.
    """
    _refuse_unfit(role)
    with connection.cursor() as cursor:
        cursor.execute(_APPEND_ONLY)
        found = dict(cursor.fetchall())
        cursor.execute(_SEQUENCES, [list(found)])
        sequences = [name for (name,) in cursor.fetchall()]
    for statement in _ORDINARY:
        _run(statement, role)
    for table, is_partition in found.items():
        _run("REVOKE ALL ON TABLE public.{name} FROM {role}, PUBLIC", role, table)
        if not is_partition:
            _run("GRANT SELECT, INSERT ON TABLE public.{name} TO {role}", role, table)
    for sequence in sequences:
        _run("REVOKE ALL ON SEQUENCE public.{name} FROM {role}, PUBLIC", role, sequence)
        _run("GRANT USAGE ON SEQUENCE public.{name} TO {role}", role, sequence)
    _run("GRANT EXECUTE ON FUNCTION public.audit_make_partition(date) TO {role}", role)
    tables = [table for table, is_partition in found.items() if not is_partition]
    return Granted(tables, len(found) - len(tables))


_ORDINARY: Final = (
    "REVOKE CREATE ON SCHEMA public FROM {role}, PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)


def _refuse_unfit(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ROLE, [role])
        found = cursor.fetchone()
    if found is None:
        raise RoleUnfit(f"There is no role {role}.")
    is_superuser, has_powers, is_owner, owns_tables = found
    if is_superuser or has_powers:
        raise RoleUnfit(f"The role {role} is a superuser, or may bypass row security, make roles or replicate.")
    if is_owner or owns_tables:
        raise RoleUnfit(f"The role {role} owns tables, or is a member of the role that does: no trigger binds it.")


def _run(statement: str, role: str, name: str = "") -> None:
    composed = sql.SQL(statement).format(role=sql.Identifier(role), name=sql.Identifier(name or role))
    with connection.cursor() as cursor:
        cursor.execute(composed)
