"""A connection from the pool is looked at before it is used again, and the server asked only when something is up."""

from contextlib import contextmanager

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def another_session():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()


def server_process():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def statements_of(pid, cursor):
    cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
    return cursor.fetchone()[0]


def test_a_connection_that_stands_is_used_again_and_the_server_is_not_asked():
    for _ in range(connection.pool.max_size):  # each that there may be was used once
        server_process()
        connection.close()
    with another_session() as cursor:
        connection.connect()
        assert statements_of(connection.connection.info.backend_pid, cursor) != ""  # as the pool's own question reads


def test_a_connection_that_the_server_ended_is_not_used_again():
    pid = server_process()
    connection.close()
    with another_session() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert server_process() != pid


def test_all_connections_may_have_been_ended_meanwhile():
    others = [connection.copy() for _ in range(2)]
    pids = []
    for each in others:
        each.ensure_connection()
        pids.append(each.connection.info.backend_pid)
    last, *first = others
    for each in first:
        each.close()
    with last.cursor() as cursor:
        for pid in pids[1:]:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    last.close()
    assert server_process() not in pids[1:]


def test_a_connection_with_something_to_read_is_asked_and_kept():
    with connection.cursor() as cursor:
        cursor.execute("LISTEN something")
    pid = server_process()
    connection.close()
    with another_session() as cursor:
        cursor.execute("NOTIFY something")
    seen = set()
    for _ in range(connection.pool.max_size):  # they are given out by turns
        seen.add(server_process())
        with connection.cursor() as cursor:
            cursor.execute("UNLISTEN something")
        connection.close()
    assert pid in seen
