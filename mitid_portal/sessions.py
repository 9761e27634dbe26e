"""This process's sessions with the database."""

from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper


def end_sessions() -> None:
    """This thread's session and the process's pool, with its threads, are gone; the next query begins anew."""
    for each in connections.all(initialized_only=True):
        each.close()
        if isinstance(each, DatabaseWrapper):
            each.close_pool()
