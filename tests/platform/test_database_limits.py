"""No page waits for a lock for ever."""

import threading
import time

import pytest
from django.db import OperationalError, connection, transaction


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_is_not_let_go_is_waited_for_five_seconds() -> None:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(7)")
            held.set()
            done.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    begun = time.monotonic()
    try:
        with (
            pytest.raises(OperationalError, match="lock timeout"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT pg_advisory_xact_lock(7)")
        assert 4 < time.monotonic() - begun < 15
    finally:
        done.set()
        holder.join()
