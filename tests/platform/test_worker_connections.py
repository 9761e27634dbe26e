"""A task costs no new connection: what the worker opened once stays in its pool."""

import pytest
from celery.fixups.django import DjangoWorkerFixup  # type: ignore[attr-defined]  # celery-types do not know it
from celery.signals import task_postrun, task_prerun
from celery.utils.dispatch import Signal
from django.db import connection

from mitid_portal.celery import app, give_connection_back


@pytest.mark.django_db(transaction=True)
def test_a_task_begins_and_ends_with_the_pool_as_it_was() -> None:
    worker = DjangoWorkerFixup(app)
    connection.ensure_connection()
    pool = connection.pool  # type: ignore[attr-defined]  # django-stubs know no pool
    for _ in range(3):
        worker.close_database()
        give_connection_back()
    assert connection.pool is pool  # type: ignore[attr-defined]  # as above
    assert not pool.closed
    assert connection.connection is None, "given back, so that the pool looks at it before the next task"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("signal", [task_prerun, task_postrun])
def test_it_is_given_back_before_and_after_each_task(signal: Signal) -> None:
    connection.ensure_connection()
    signal.send(sender=None)
    assert connection.connection is None
