"""Web, worker and beat are not the database's owner: the log is safe from them too, and they seal it."""

import json
import time
import urllib.request

import psycopg
import pytest

from mitid_portal.embedded import postgres
from mitid_portal.embedded.system import System

pytestmark = pytest.mark.faults
SECONDS = 30.0


def session(system: System, role: str) -> psycopg.Connection:
    folder = system.folder / "postgres"
    return psycopg.connect(
        host=str(postgres.socket_folder(folder)), port=postgres.PORT, user=role, dbname="postgres", autocommit=True
    )


def test_the_running_parts_connect_as_a_role_that_owns_nothing(system):
    """LOG-1."""
    with urllib.request.urlopen(f"{system.address}/health/ready", timeout=10) as answer:
        assert answer.status == 200
    with session(system, postgres.OWNER) as owner:
        found = owner.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'mitid_portal'"
        ).fetchall()
        owned = owner.execute(
            "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %s", [postgres.PORTAL_ROLE]
        ).fetchall()
    assert found == [(postgres.PORTAL_ROLE,)]
    assert owned == []


@pytest.mark.parametrize("statement", ["UPDATE audit_auditevent SET at = at", "DELETE FROM audit_auditevent"])
def test_that_role_cannot_change_the_log(system, statement):
    """LOG-1."""
    with session(system, postgres.PORTAL_ROLE) as portal, pytest.raises(psycopg.errors.InsufficientPrivilege):
        portal.execute(statement)


def test_the_worker_seals_what_the_demos_making_recorded(system):
    """LOG-1."""
    deadline = time.monotonic() + SECONDS
    left = None
    with session(system, postgres.OWNER) as owner:
        while left != (0,):
            assert time.monotonic() < deadline, left
            time.sleep(0.2)
            left = owner.execute(
                "SELECT count(*) FROM audit_auditevent"
                " WHERE id > coalesce((SELECT max(last_id) FROM audit_auditseal), 0)"
            ).fetchone()
        last = owner.execute(
            "SELECT number, encode(hash, 'hex') FROM audit_auditseal ORDER BY 1 DESC LIMIT 1"
        ).fetchone()
    while True:
        told = [json.loads(line) for line in (system.folder / "audit-heads.jsonl").read_text().splitlines()]
        if told and (told[-1]["number"], told[-1]["hash"]) == last:
            break
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
