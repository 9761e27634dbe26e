"""The log that is tampered with."""

from collections.abc import Iterator

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
