"""The portal's role may add to the log and read it; the database refuses it everything else."""

from collections.abc import Iterator, Sequence

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.grants import RoleUnfit, grant_to
from audit.sql import LAST_DRAWN
from tests.audit.sealing import record_one

pytestmark = pytest.mark.django_db(transaction=True)
OTHERS = ["identities_identity", "notifications_delivery", "django_session"]
APPEND_ONLY = ["audit_auditevent", "audit_auditseal", "audit_auditverification"]
READ_ONLY = ["hsm_keyversion", "hsm_datakey", "hsm_custodian", "hsm_ceremony", "hsm_rewrapprogress"]


def connect(role: str) -> psycopg.Connection:
    told = connection.get_connection_params()
    return psycopg.connect(
        host=told["host"], port=told.get("port"), dbname=told["dbname"], user=role, autocommit=True, connect_timeout=5
    )


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def role(db: None) -> Iterator[str]:
    """A role that has been granted what it needs."""
    name = f"portal_of_{connection.settings_dict['NAME']}"
    run(f"DROP ROLE IF EXISTS {name}")
    run(f"CREATE ROLE {name} LOGIN")
    call_command("audit_grants", name)
    yield name
    run(f"DROP OWNED BY {name}")
    run(f"DROP ROLE {name}")


@pytest.fixture
def portal(role: str) -> Iterator[psycopg.Connection]:
    """A session of that role."""
    with connect(role) as session:
        yield session


@pytest.fixture
def partition(now) -> str:
    """The partition of a row that is there."""
    with transaction.atomic():
        record_one(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_auditevent")
        return str(cursor.fetchone()[0])


def refusals(portal: psycopg.Connection, statements: Sequence[str]) -> dict[str, str]:
    """Try each statement; tell what did not end with a refusal for want of rights."""
    wrong = {}
    for statement in statements:
        try:
            portal.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            continue
        except psycopg.Error as error:
            wrong[statement] = repr(error)
        else:
            wrong[statement] = "went through"
        finally:
            portal.rollback()
    return wrong


@pytest.mark.parametrize("table", [*APPEND_ONLY, "{partition}", "audit_auditevent_other"])
def test_the_database_refuses_the_role(portal, partition, table):
    """LOG-1."""
    name = table.format(partition=partition)
    statements = [
        f"UPDATE {name} SET at = at",
        f"DELETE FROM {name}",
        f"TRUNCATE {name}",
        f"SELECT * FROM {name} FOR UPDATE",
        f"BEGIN; LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE",
        f"DROP TABLE {name}",
        f"DROP TABLE {name} CASCADE",
        f"ALTER TABLE {name} DISABLE TRIGGER ALL",
        f"ALTER TABLE {name} ADD COLUMN more int",
        f"ALTER TABLE {name} OWNER TO CURRENT_USER",
        f"ALTER TABLE {name} SET UNLOGGED",
        f"CREATE TRIGGER a BEFORE INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        f"CREATE RULE a AS ON INSERT TO {name} DO INSTEAD NOTHING",
    ]
    assert refusals(portal, statements) == {}


def test_the_database_refuses_the_role_what_else_would_change_the_log(portal, partition):
    """LOG-1."""
    columns = "audit_auditevent SELECT * FROM audit_auditevent"
    statements = [
        f"ALTER TABLE audit_auditevent DETACH PARTITION {partition}",
        f"ALTER TABLE audit_auditevent DETACH PARTITION {partition} CONCURRENTLY",
        f"DELETE FROM ONLY {partition}",
        f"INSERT INTO {partition} SELECT * FROM audit_auditevent",
        f"SELECT * FROM {partition}",
        "MERGE INTO audit_auditevent e USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
        f"INSERT INTO {columns} ON CONFLICT (id, at) DO UPDATE SET kind = 'a.b'",
        "CREATE TABLE mine (LIKE audit_auditevent)",
        "CREATE TABLE mine PARTITION OF audit_auditevent FOR VALUES FROM ('2040-01-01') TO ('2040-02-01')",
        "SELECT setval('audit_auditevent_id_seq', 1)",
        "ALTER SEQUENCE audit_auditevent_id_seq RESTART",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP FUNCTION audit_refuse_change() CASCADE",
        "DROP SCHEMA public CASCADE",
    ]
    assert refusals(portal, statements) == {}


@pytest.mark.parametrize("table", READ_ONLY)
def test_the_role_only_reads_keys_and_custodians(portal, table):
    """KEY-1: else one login to the database could name its own custodians."""
    portal.execute(f"SELECT * FROM {table}")
    statements = [
        f"INSERT INTO {table} SELECT * FROM {table}",
        f"INSERT INTO {table} DEFAULT VALUES",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"SELECT * FROM {table} FOR UPDATE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TABLE {table} CASCADE",
    ]
    assert refusals(portal, statements) == {}


def test_the_role_adds_to_the_log_and_reads_it(portal, partition, now):
    portal.execute(
        "INSERT INTO audit_auditevent SELECT nextval('audit_auditevent_id_seq'), at, kind, actor_kind, actor_id,"
        " office_id, organisation_id, subject_id, facts, mac FROM audit_auditevent"
    )
    (count,) = portal.execute("SELECT count(*) FROM audit_auditevent").fetchone() or (0,)
    assert count == 2
    portal.execute(
        "INSERT INTO audit_auditverification (at, rows, findings, seconds) VALUES (now(), 1, 0, 0.5)",
    )


def test_the_role_makes_months_whose_rights_are_the_logs(portal, role):
    month = "audit_auditevent_y2028m03"
    try:
        assert portal.execute("SELECT audit_make_partition(DATE '2028-03-09')").fetchone() == (True,)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relowner = (SELECT relowner FROM pg_class WHERE relname = 'audit_auditevent'),"
                " has_table_privilege(%s, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
                " FROM pg_class WHERE relname = %s",
                [role, month],
            )
            assert cursor.fetchone() == (True, False)
    finally:
        run(f"DROP TABLE IF EXISTS {month}")


@pytest.mark.parametrize("table", OTHERS)
def test_the_role_reads_and_writes_the_other_tables(portal, table):
    portal.execute(f"SELECT * FROM {table} FOR UPDATE")
    portal.execute(f"DELETE FROM {table}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        portal.execute(f"TRUNCATE {table}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        portal.execute(f"DROP TABLE {table}")


def test_the_role_reads_and_writes_tables_of_later_migrations(portal):
    run("CREATE TABLE later (id bigint GENERATED BY DEFAULT AS IDENTITY, word text)")
    try:
        portal.execute("INSERT INTO later (word) VALUES ('a')")
        portal.execute("UPDATE later SET word = 'b'")
    finally:
        run("DROP TABLE later")


def test_the_rights_on_the_log_are_these_and_no_others(role):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname::text, array_agg(privilege_type ORDER BY privilege_type)"
            " FROM pg_class, aclexplode(relacl) AS acl WHERE acl.grantee = %s::regrole"
            " AND (relname LIKE 'audit\\_%%' OR relname LIKE 'hsm\\_%%') GROUP BY 1",
            [role],
        )
        found = dict(cursor.fetchall())
    tables = {table: ["INSERT", "SELECT"] for table in APPEND_ONLY} | {table: ["SELECT"] for table in READ_ONLY}
    assert {name: rights for name, rights in found.items() if not name.endswith("_seq")} == tables
    sequences = {name: rights for name, rights in found.items() if name.endswith("_seq")}
    assert all(rights == ["USAGE"] and name.startswith("audit_") for name, rights in sequences.items())
    assert "audit_auditevent_id_seq" in sequences


def test_granting_again_changes_nothing_and_takes_back_what_was_too_much(role):
    run(f"GRANT ALL ON audit_auditevent TO {role}")
    run(f"GRANT UPDATE (kind) ON audit_auditevent TO {role}")
    run(f"GRANT TRUNCATE ON identities_identity TO {role}")
    grant_to(role)
    test_the_rights_on_the_log_are_these_and_no_others(role)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_any_column_privilege(%s, 'audit_auditevent', 'UPDATE'),"
            " has_table_privilege(%s, 'identities_identity', 'TRUNCATE')",
            [role, role],
        )
        assert cursor.fetchone() == (False, False)


@pytest.mark.parametrize("option", ["SUPERUSER", "BYPASSRLS", "CREATEROLE", "REPLICATION"])
def test_a_role_that_is_above_the_limits_is_refused(role, option):
    run(f"ALTER ROLE {role} {option}")
    with pytest.raises(RoleUnfit, match="superuser"):
        grant_to(role)
    run(f"ALTER ROLE {role} NO{option}")


def test_a_role_that_owns_tables_or_is_not_there_is_refused(role):
    with pytest.raises(CommandError, match="no role nobody_at_all"):
        call_command("audit_grants", "nobody_at_all")
    with pytest.raises(RoleUnfit, match="superuser"):
        grant_to("postgres")
    run(f"CREATE TABLE owned (); ALTER TABLE owned OWNER TO {role}")
    with pytest.raises(RoleUnfit, match="owns tables"):
        grant_to(role)
    run("DROP TABLE owned")


@pytest.mark.parametrize(
    "above",
    ["pg_write_all_data", "pg_execute_server_program", "pg_write_server_files", "pg_read_server_files", "pg_maintain"],
)
def test_a_member_of_a_role_that_writes_everything_is_refused(role, above):
    run(f"GRANT {above} TO {role}")
    with pytest.raises(RoleUnfit, match=f"member of {above}"):
        grant_to(role)
    run(f"REVOKE {above} FROM {role}")
    grant_to(role)


@pytest.mark.parametrize("option", ["SUPERUSER", "CREATEROLE"])
def test_a_member_of_a_role_above_the_limits_is_refused(role, option):
    above, between = f"{role}_above", f"{role}_between"
    run(f"CREATE ROLE {above} {option}; CREATE ROLE {between}; GRANT {above} TO {between}; GRANT {between} TO {role}")
    with pytest.raises(RoleUnfit, match="member of such a role"):
        grant_to(role)
    run(f"DROP ROLE {between}; DROP ROLE {above}")


@pytest.mark.parametrize("what", ["DATABASE {database}", "SCHEMA public", "FUNCTION audit_refuse_change()"])
def test_an_owner_of_what_holds_the_log_is_refused(role, what):
    """LOG-1: it may drop what its database holds, whoever owns that."""
    name = what.format(database=connection.settings_dict["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_userbyid(datdba), pg_get_userbyid(nspowner) FROM pg_database, pg_namespace"
            " WHERE datname = current_database() AND nspname = 'public'"
        )
        of_database, of_schema = cursor.fetchone()
    before = of_schema if name.startswith("SCHEMA") else of_database
    run(f"ALTER {name} OWNER TO {role}")
    try:
        with pytest.raises(RoleUnfit, match="owns"):
            grant_to(role)
    finally:
        run(f"ALTER {name} OWNER TO {before}")
    grant_to(role)


def test_a_member_of_the_owner_is_refused(role):
    above = f"{role}_owner"
    run(f"CREATE ROLE {above}; CREATE TABLE owned (); ALTER TABLE owned OWNER TO {above}; GRANT {above} TO {role}")
    try:
        with pytest.raises(RoleUnfit, match="owns tables"):
            grant_to(role)
    finally:
        run(f"DROP TABLE owned; DROP ROLE {above}")


def test_the_role_may_ask_how_far_ids_were_drawn(portal, partition):
    """Sealing does, which the portal's worker runs."""
    assert portal.execute(f"SELECT {LAST_DRAWN} > 0").fetchone() == (True,)
