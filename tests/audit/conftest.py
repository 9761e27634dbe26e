"""The log that is tampered with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.audit.a_log import Log, execute


@pytest.fixture(scope="module")
def log(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Log]:
    """The log is built once; every test takes back what it did."""
    with django_db_blocker.unblock():
        built = Log()
        built.build()
        yield built
        execute("SET session_replication_role = replica")
        execute("DELETE FROM audit_auditevent")
        execute("DELETE FROM audit_auditseal")
        execute("SET session_replication_role = origin")
        connection.close()


@pytest.fixture
def files_of_its_own(settings: Any, tmp_path: Path) -> None:
    """Heads file and journals of this test alone."""
    settings.AUDIT_HEADS_FILE = tmp_path / "heads.jsonl"
    settings.AUDIT_TAIL_DIR = tmp_path / "tail"
