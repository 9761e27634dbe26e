"""``manage.py audit verify`` as cron runs it: what the exit code says, and when nobody can say anything (LOG-1)."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from audit.models import AuditVerification
from audit.usecases.seal import seal_log
from tests.audit.a_log import execute
from tests.audit.sealing import committed
from tests.hsm.programs import Token

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
SERVER, _, _ = os.environ["DATABASE_URL"].rpartition("/")


@pytest.fixture
def environment(settings: Any, tmp_path: Path) -> dict[str, str]:
    """What makes a process use the tests' database, a copy of their token, and files of its own."""
    settings.AUDIT_HEADS_FILE, settings.AUDIT_TAIL_DIR = tmp_path / "heads.jsonl", tmp_path / "tail"
    return {
        **Token.copied_to(tmp_path / "token_copy").environment,
        "DATABASE_URL": f"{SERVER}/{connection.settings_dict['NAME']}",
        "AUDIT_HEADS_FILE": str(settings.AUDIT_HEADS_FILE),
        "AUDIT_TAIL_DIR": str(settings.AUDIT_TAIL_DIR),
    }


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody answers at: it is bound for the time, and nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def verify(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", "audit", "verify", *words],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def could_not_look(process: subprocess.CompletedProcess[str], because: str) -> None:
    """It ended with 2, said why in one line, and left no trace of a look."""
    assert process.returncode == 2, process
    assert because in process.stderr
    assert "Traceback" not in process.stderr
    assert process.stdout == ""
    assert not AuditVerification.objects.exists()


def test_a_whole_log_ends_with_zero_and_a_broken_one_with_one(environment, now):
    first, *_ = committed(now, 5)
    seal_log(now=now)
    committed(now, 2)
    whole = verify(**environment)
    assert (whole.returncode, whole.stdout.splitlines()[-1]) == (0, "Nothing was found."), whole
    execute("SET session_replication_role = replica")
    execute("DELETE FROM audit_auditevent WHERE id = %s", first)
    execute("SET session_replication_role = origin")
    broken = verify("--json", **environment)
    assert broken.returncode == 1, broken
    (finding,) = json.loads(broken.stdout)["findings"]
    assert (finding["kind"], finding["first_id"], finding["last_id"]) == ("row_missing", first, first)
    assert list(AuditVerification.objects.order_by("id").values_list("findings", flat=True)) == [0, 1]


def test_a_server_that_is_away_is_said(environment, closed_port):
    process = verify(**environment | {"DATABASE_URL": f"postgres://portal@127.0.0.1:{closed_port}/portal"})
    could_not_look(process, "The database cannot be read")


def test_a_database_that_is_not_there_is_said(environment):
    could_not_look(verify(**environment | {"DATABASE_URL": f"{SERVER}/nowhere"}), "The database cannot be read")


def test_a_database_without_the_log_is_said(environment):
    could_not_look(verify(**environment | {"DATABASE_URL": f"{SERVER}/postgres"}), "The database cannot be read")


def test_a_token_that_is_gone_is_said(environment, now, tmp_path):
    committed(now, 3)
    seal_log(now=now)
    (tmp_path / "none" / "tokens").mkdir(parents=True)
    could_not_look(
        verify(**environment | Token(tmp_path / "none").configured().environment), "The keys cannot be reached"
    )


def test_a_token_without_keys_is_said(environment, now, tmp_path):
    committed(now, 3)
    seal_log(now=now)
    could_not_look(verify(**environment | Token.empty(tmp_path / "empty").environment), "The keys cannot be reached")


def test_a_module_that_cannot_be_loaded_is_said(environment, now, tmp_path):
    committed(now, 3)
    seal_log(now=now)
    library = tmp_path / "no_module.so"
    library.write_bytes(b"no library")
    could_not_look(verify(**environment | {"PKCS11_MODULE": str(library)}), "The keys cannot be reached")


def test_a_heads_file_that_is_none_is_said(environment, now, tmp_path):
    could_not_look(verify(**environment | {"AUDIT_HEADS_FILE": str(tmp_path)}), "cannot be read")
