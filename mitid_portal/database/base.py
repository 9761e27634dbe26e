"""The database as ``settings.DATABASES`` names it.

Django has the pool ask the server, before each request, whether the connection still stands: a journey there and back
that says nothing a look at the socket does not (docs/decisions/0136). From a server that waits for us nothing comes;
where something lies there to be read, it is a farewell or an end, and only then is the server asked.
"""

import select
from typing import Any, Final

from django.db.backends.postgresql import base
from psycopg import Error
from psycopg_pool import ConnectionPool

AT_ONCE: Final = 0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection, from a pool where there is one. ``CONN_HEALTH_CHECKS`` is off: this one looks itself."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Give a connection that stands.

        Raises: OperationalError when there is none in the pool's time.
        """
        connection = super().get_new_connection(conn_params)
        while self.pool and not _stands(connection):
            connection.close()  # the pool makes another one for it
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection


def _stands(connection: Any) -> bool:
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    if not look.poll(AT_ONCE):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except Error:
        return False
    return True
