"""What may go wrong at a provider over HTTP, and a server that lets it go wrong as scripted."""

import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self


@dataclass(frozen=True)
class Refuse:
    """Answer with an error in the provider's own form."""

    status: int
    code: int | str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Hang:
    """Take the request, say nothing for a while, then drop the connection."""

    seconds: float
    accepts: bool = False


@dataclass(frozen=True)
class Slow:
    """Accept, but only after a while."""

    seconds: float


@dataclass(frozen=True)
class Drip:
    """Accept at once, and answer byte by byte."""

    seconds_a_byte: float


@dataclass(frozen=True)
class Raw:
    """Answer with these bytes; ``length`` may promise more than there is. ``accepts``: the message goes out anyway."""

    status: int
    body: bytes
    length: int | None = None
    accepts: bool = False


@dataclass(frozen=True)
class Reset:
    """Cut the connection before any answer."""

    accepts: bool = False


Fault = Refuse | Hang | Slow | Drip | Raw | Reset


class FaultyHandler(BaseHTTPRequestHandler):
    """A handler whose answers may be cut, slow or something else altogether."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(
        self, status: int, body: bytes, *, promised: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        try:
            self.start(status, len(body) if promised is None else promised, headers)
            self.wfile.write(body)
            if promised is not None:
                self.cut()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def drip(self, status: int, body: bytes, seconds_a_byte: float) -> None:
        try:
            self.start(status, len(body))
            for at in range(len(body)):
                self.wfile.write(body[at : at + 1])
                self.wfile.flush()
                time.sleep(seconds_a_byte)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def start(self, status: int, length: int, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def cut(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


@dataclass
class Server:
    """An HTTP server on a loopback port with a list of faults, one for each message that somebody wants to send."""

    port: int = 0
    faults: list[Fault] = field(default_factory=list)
    lookup_faults: list[Fault] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    lock: threading.RLock = field(default_factory=threading.RLock)
    handler: ClassVar[type[FaultyHandler]]

    def __enter__(self) -> Self:
        provider = self

        class Handler(self.handler):  # type: ignore[misc, name-defined]  # one a server
            of = provider

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def next_fault(self) -> Fault | None:
        with self.lock:
            return self.faults.pop(0) if self.faults else None

    def next_lookup_fault(self) -> Fault | None:
        with self.lock:
            return self.lookup_faults.pop(0) if self.lookup_faults else None
