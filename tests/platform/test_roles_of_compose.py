"""The roles that docker/postgres-init.sh makes: the portal's owns nothing, and is the only one that may serve."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.conf import settings
from django.core.checks import run_checks
from django.db import connection
from django.test import override_settings

from hsm.queries import has_open_transaction_since, sees_other_sessions
from mitid_portal.backups.database import OTHERS
from mitid_portal.embedded import postgres
from mitid_portal.startup import DATABASE_TAG
from tests.platform.test_checks import FIT

SCRIPT = settings.BASE_DIR / "docker" / "postgres-init.sh"
pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


def address(role: str, database: str = "portal") -> dict[str, Any]:
    told = connection.get_connection_params()
    return {"host": told["host"], "port": told["port"], "user": role, "dbname": database, "connect_timeout": 5}


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The server of the tests, with the roles and the database that the script makes."""
    with django_db_blocker.unblock():
        told = connection.get_connection_params()
        done = subprocess.run(
            ["/bin/sh", str(SCRIPT)],
            env={
                "PATH": f"{postgres.BINARIES}:{os.environ['PATH']}",
                "PGHOST": str(told["host"]),
                "PGPORT": str(told["port"]),
                "OWNER_PASSWORD": "of the owner's",
                "PORTAL_PASSWORD": "of the portal's",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        where = Path(str(told["host"]))
        environment = os.environ | {
            "DATABASE_URL": f"postgresql://portal_owner@:{told['port']}{where_of(where)}/portal"
        }
        for command in (["migrate", "--no-input", "--verbosity=0"], ["audit_grants", "portal"]):
            ran = subprocess.run(
                [sys.executable, "manage.py", *command],
                cwd=settings.BASE_DIR,
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert ran.returncode == 0, ran.stderr
        yield
        with psycopg.connect(**address("postgres", "postgres"), autocommit=True) as session:
            session.execute("DROP DATABASE portal WITH (FORCE)")
            session.execute("DROP ROLE portal")
            session.execute("DROP ROLE portal_owner")


def where_of(folder: Path) -> str:
    """The folder of the socket, as a DATABASE_URL names it."""
    return "/" + str(folder).replace("/", "%2F")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET at = at",
        "DELETE FROM audit_auditseal",
        "DROP TABLE audit_auditevent CASCADE",
        "DROP TABLE audit_auditevent_other",
        "DROP SCHEMA public CASCADE",
        "ALTER DATABASE portal RENAME TO other",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (id int)",
        "SET ROLE portal_owner",
        "SET session_replication_role = replica",
    ],
)
def test_the_portals_role_changes_nothing_of_the_log(statement: str) -> None:
    """LOG-1."""
    with (
        psycopg.connect(**address("portal"), autocommit=True) as portal,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        portal.execute(statement)


@pytest.mark.usefixtures("server")
def test_the_owner_sees_who_is_at_work_and_whose_transaction_is_open() -> None:
    """KEY-2, KEY-3: before the database is replaced, and before a key is destroyed."""
    begun = datetime.now(tz=UTC)
    with (
        psycopg.connect(**address("portal_owner"), autocommit=True) as owner,
        psycopg.connect(**address("portal")) as portal,
    ):
        portal.execute("SELECT 1")
        assert owner.execute(OTHERS).fetchone() == (1,)
        with psycopg.connect(**address("postgres"), autocommit=True) as superuser:
            superuser.execute("REVOKE pg_read_all_stats FROM portal_owner")
            assert owner.execute(OTHERS).fetchone() == (2,), "of an older installation: whom it cannot see is there too"
            superuser.execute("GRANT pg_read_all_stats TO portal_owner")
    tests = connection.settings_dict["NAME"]
    with connection.cursor() as cursor, psycopg.connect(**address("portal", tests)) as portal:
        portal.execute("SELECT 1")
        cursor.execute("SET ROLE portal_owner")
        try:
            assert sees_other_sessions()
            assert has_open_transaction_since(datetime.now(tz=UTC))
            assert not has_open_transaction_since(begun)
        finally:
            cursor.execute("RESET ROLE")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("role", "said"), [("portal", None), ("portal_owner", "owns the database"), ("postgres", "superuser")]
)
def test_only_the_portals_role_may_serve(role: str, said: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """LOG-1."""
    for name, value in (("USER", role), ("NAME", "portal")):
        monkeypatch.setitem(connection.settings_dict, name, value)
    with override_settings(**FIT):
        found = run_checks(tags=[DATABASE_TAG], include_deployment_checks=True)
    assert [message.id for message in found] == ([] if said is None else ["mitid.E023"])
    assert said is None or said in found[0].msg


def test_a_database_that_does_not_answer_keeps_nobody_from_starting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", str(tmp_path))
    with override_settings(**FIT):
        assert run_checks(tags=[DATABASE_TAG], include_deployment_checks=True) == []


@pytest.mark.parametrize("mode", ["TESTING", "DEMO"])
def test_a_demo_and_the_tests_may_be_the_owner(mode: str) -> None:
    with override_settings(**FIT | {mode: True}):
        assert run_checks(tags=[DATABASE_TAG], include_deployment_checks=True) == []


def test_in_compose_only_what_migrates_and_what_a_person_runs_is_the_owner() -> None:
    services = yaml.safe_load((settings.BASE_DIR / "docker" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    users = {
        name: service["environment"]["DATABASE_URL"].split("//")[1].split(":")[0]
        for name, service in services.items()
        if "DATABASE_URL" in service.get("environment", {})
    }
    owners = {"migrate": "portal_owner", "manage": "portal_owner"}
    assert users == owners | {"web": "portal", "worker": "portal", "beat": "portal"}
    for name in users:
        told = services[name]["environment"]
        assert (told["DATABASE_ADMIN_PASSWORD"], told["DATABASE_OWNER_PASSWORD"]) == ("", "")
    assert services["migrate"]["command"] == ["python", "manage.py", "prepare", "--grant-to", "portal"]
