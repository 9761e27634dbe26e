"""A server that is gone is noticed by who waits for it, though nothing is sent to it meanwhile."""

import os
import socket
import threading
from pathlib import Path

import psycopg
import pytest
from django.db import connection

LONGEST_SECONDS = 30


@pytest.mark.django_db
def test_a_connection_by_network_asks_whether_the_server_lives() -> None:
    """The tests' server has no port: a relay stands before its socket."""
    told = {name: value for name, value in connection.get_connection_params().items() if name != "pool"}
    own = Path(str(told["host"])) / f".s.PGSQL.{told['port']}"
    with socket.create_server(("127.0.0.1", 0)) as door:
        relay = threading.Thread(target=_relay, args=(door, own))
        relay.start()
        reached = {"host": "127.0.0.1", "port": door.getsockname()[1], "sslmode": "disable", "gssencmode": "disable"}
        with (
            psycopg.connect(**told | reached) as session,
            socket.socket(fileno=os.dup(session.fileno())) as link,
        ):
            assert session.execute("SELECT 1").fetchone() == (1,)
            idle, between, count = (
                link.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            )
            assert link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        relay.join()
    assert idle + between * count <= LONGEST_SECONDS


def _relay(door: socket.socket, server: Path) -> None:
    caller, _address = door.accept()
    with caller, socket.socket(socket.AF_UNIX) as answerer:
        answerer.connect(str(server))
        back = threading.Thread(target=_pass_on, args=(answerer, caller))
        back.start()
        _pass_on(caller, answerer)
        back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    while words := source.recv(65_536):
        target.sendall(words)
    target.shutdown(socket.SHUT_WR)
