"""Fixtures that every test may use."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.models import Model
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from hsm import api as hsm
from hsm.models import DataKey, KeyVersion

hypothesis_settings.register_profile("untimed", deadline=None)  # how long an example takes says nothing of the code
hypothesis_settings.load_profile("untimed")

KEY_ROWS = pytest.StashKey[tuple[DjangoDbBlocker, list[Model]]]()
REFUSAL = pytest.StashKey[str]()
EMPTIES_TABLES = {"transactional_db", "live_server"}
TAKES_LONG = ("browser", "faults", "long")


@pytest.fixture
def now() -> datetime:
    """A fixed instant: 12:00 UTC on a weekday in winter."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker, pytestconfig: pytest.Config) -> None:
    """The test database has its keys, and transactional tests may empty its log (docs/decisions/0014)."""
    with django_db_blocker.unblock():
        hsm.provision()
        pytestconfig.stash[KEY_ROWS] = django_db_blocker, [*KeyVersion.objects.order_by("id"), *DataKey.objects.all()]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_functiondef('audit_refuse_emptying'::regproc)")
            pytestconfig.stash[REFUSAL] = cursor.fetchone()[0]
            cursor.execute(
                "CREATE OR REPLACE FUNCTION audit_refuse_emptying() RETURNS trigger"
                " LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
            )
            for table in ("hsm_ceremony", "hsm_custodian", "hsm_datakey", "hsm_keyversion"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_is_not_emptied")


@pytest.fixture
def log_that_is_not_emptied(db: None, pytestconfig: pytest.Config) -> None:
    """The test's own transaction has the triggers that refuse TRUNCATE, as every database but the tests' does."""
    with connection.cursor() as cursor:
        cursor.execute(pytestconfig.stash[REFUSAL])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long are begun first; the thousands of short tests then fill what is left of every worker."""
    long = {item.path for item in items if any(map(item.get_closest_marker, TAKES_LONG))}
    items.sort(key=lambda item: item.path not in long)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Transactional tests end with every table emptied: put the rows of the keys back."""
    yield
    marker = item.get_closest_marker("django_db")
    is_marked = marker is not None and bool(marker.kwargs.get("transaction") or marker.args[:1] == (True,))
    is_emptied = is_marked or EMPTIES_TABLES.intersection(getattr(item, "fixturenames", ()))
    if is_emptied and nextitem is not None:  # with the last test the database goes
        blocker, rows = item.config.stash[KEY_ROWS]
        with blocker.unblock():
            for row in rows:
                row.save(force_insert=True)
            connection.close()
