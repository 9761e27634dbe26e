"""The person whose request hangs in the module is answered all the same (KEY-1, KEY-2).

A call of the PKCS#11 library cannot be interrupted from Python. So another thread writes the whole page to the
client's socket, ends it, and ends the hung thread's session with the database, which gives its locks back at once.
When the call returns after all, its thread finds the request answered, has no statement executed any more, and goes
quietly.

A request that first waited for a row which another process's hung request held has spent its time before its own call
begins: it is answered when it is as old as a call may be and its call is no usual one.
"""

import errno
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error as DatabaseError
from django.db import OperationalError, connections
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import http_date
from django.utils.module_loading import import_string

from hsm.api import CallUnderWay, HsmUnavailable, HungCall, calls_under_way
from mitid_portal import errors

logger = logging.getLogger(__name__)

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

IS_ANSWERED: Final = "mitid_portal.is_answered"
ANSWERED: Final = "The request was answered while its thread hung: nothing more is done for it."
LOOK_SECONDS: Final = 0.1
UNUSUAL_SECONDS: Final = 0.5  # a call takes milliseconds
NEED_NO_PART: Final = frozenset(
    {
        "django.middleware.security.SecurityMiddleware",
        "csp.middleware.CSPMiddleware",
        "mitid_portal.middleware.PlainRefusals",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    }
)
"""The middleware that gives a page its headers and asks neither database nor cache."""


class RequestUnderWay:
    """One request that a thread is working on, and whether somebody else answered it meanwhile."""

    def __init__(self, environ: Environ, client: socket.socket) -> None:
        """Note the request; call in the thread that works on it."""
        self.environ = environ
        self.began = time.monotonic()
        self._client = client
        self._database = connections["default"]  # this thread's own
        self._lock = threading.Lock()
        self._is_over = False

    @property
    def is_answered(self) -> bool:
        """Whether another thread has given the answer."""
        return IS_ANSWERED in self.environ

    def answer(self, page: bytes, call: CallUnderWay) -> bool:
        """The client has the page and the thread's database session is over, unless the thread was quicker.

        A call that hangs fails its thread when it returns. Any other may have returned by now, and its thread may be
        storing what it did: so the thread is stopped first, and then must still be inside this very call.

        Returns: whether it was done.
        """
        with self._lock:
            if self._is_over or self.is_answered:
                return False
            self.environ[IS_ANSWERED] = True
            if not isinstance(call, HungCall) and call not in calls_under_way():
                del self.environ[IS_ANSWERED]
                return False
            self._end_database_session()  # first: the page says that nothing was stored
            _write(self._client, page)
            return True

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Within, this thread has nothing more executed in the database once somebody else has answered.

        What it does late would come after what its client did meanwhile: a session saved now would undo a newer one.
        """
        commit = self._database.commit

        def commit_unless_answered() -> None:
            if self.is_answered:
                raise OperationalError(ANSWERED)  # which Django answers with a rollback
            commit()

        self._database.commit = commit_unless_answered  # type: ignore[method-assign]  # wrappers see no COMMIT
        try:
            with self._database.execute_wrapper(self._execute):
                yield
        finally:
            del self._database.commit

    def _execute(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - as Django calls it
        if self.is_answered:
            raise HsmUnavailable(ANSWERED)
        return execute(sql, params, many, context)

    def end(self) -> bool:
        """The thread is done: nobody else answers from here on. Returns: whether somebody has."""
        with self._lock:
            self._is_over = True
            return self.is_answered

    def _end_database_session(self) -> None:
        # Its open transaction would keep its rows locked until the call returns, if it ever does. The server rolls
        # back as soon as it sees the end; the thread is inside the module, so nobody else is using the socket.
        session = self._database.connection
        if session is None:
            return
        with suppress(OSError, ValueError, DatabaseError), socket.socket(fileno=os.dup(session.fileno())) as own:
            own.shutdown(socket.SHUT_RDWR)


class AnswersHungCalls:
    """The WSGI application with somebody beside it who answers for threads that hang in the module."""

    def __init__(self, application: Wsgi) -> None:
        """Wrap the application."""
        self._application = application
        self._respond = _page_maker()
        self._under_way: dict[int, RequestUnderWay] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request.

        Raises: BrokenPipeError when it was answered meanwhile, which the server takes for a client that left.
        """
        client = environ.get("gunicorn.socket")
        if type(client) is not socket.socket:  # another server, or TLS without a proxy: nobody could write for it
            return self._application(environ, start_response)
        thread_id = threading.get_ident()
        under_way = self._under_way[thread_id] = RequestUnderWay(environ, client)
        try:
            with under_way.guarded():
                response = self._application(environ, start_response)
        finally:
            del self._under_way[thread_id]
            is_answered = under_way.end()
        if is_answered:
            getattr(response, "close", _nothing)()  # ends the request's database connection
            raise BrokenPipeError(errno.EPIPE, "The request was answered while its thread hung.")
        return response

    def answer_for(self, call: CallUnderWay) -> None:
        """Have the thread's client answered; a listener of ``hsm.api.on_hung_call``, and it keeps nobody waiting."""
        under_way = self._under_way.get(call.thread_id)
        if under_way is None:
            return
        threading.Thread(target=self._answer, args=(under_way, call), name="hung-call", daemon=True).start()

    def answer_for_late(self, now: float) -> None:
        """Have those answered who are inside the module, have waited long enough, and mostly for something else."""
        for call in calls_under_way():
            under_way = self._under_way.get(call.thread_id)
            if (
                under_way is not None
                and now - under_way.began >= settings.HSM_CALL_SECONDS
                and now - call.began >= UNUSUAL_SECONDS
                and not under_way.is_answered
            ):
                self.answer_for(call)

    def keep_looking(self) -> None:
        """Have a thread that does so, in this process."""
        threading.Thread(target=self._look, name="late-requests", daemon=True).start()

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            self.answer_for_late(time.monotonic())

    def has_work(self) -> bool:
        """Whether a thread works on a request that nobody has answered."""
        return any(not under_way.is_answered for under_way in list(self._under_way.values()))

    def _answer(self, under_way: RequestUnderWay, call: CallUnderWay) -> None:
        page = self._page(under_way.environ)
        if under_way.answer(page, call):
            hung_for = time.monotonic() - call.began
            logger.error("A call of the module hangs (%.1f s): its request was answered with 503.", hung_for)

    def _page(self, environ: Environ) -> bytes:
        # The body is the hung thread's to read.
        request = WSGIRequest(environ | {"wsgi.input": BytesIO(), "CONTENT_LENGTH": "0"})
        response = self._respond(request)
        body = b"".join(response)
        headers = [*response.items(), ("Content-Length", str(len(body))), ("Connection", "close")]
        headers += [("Date", http_date()), ("Server", "gunicorn")]
        status = HTTPStatus(response.status_code)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        start = f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode("latin-1")
        return start if request.method == "HEAD" else start + body


def _page_maker() -> Callable[[HttpRequest], HttpResponseBase]:
    respond: Callable[[HttpRequest], HttpResponseBase] = _module_away
    for path in reversed(settings.MIDDLEWARE):
        if path in NEED_NO_PART:
            respond = import_string(path)(respond)
    return respond


def _module_away(request: HttpRequest) -> HttpResponseBase:
    return errors.unavailable(request, errors.Part.HSM)


def _write(client: socket.socket, page: bytes) -> None:
    # A page fits into the socket's buffer; whoever has not read what came before must not keep this thread waiting.
    left = memoryview(page)
    with suppress(OSError):  # the client has left, or reads nothing
        while left:
            left = left[client.send(left, socket.MSG_DONTWAIT) :]
    with suppress(OSError):
        client.shutdown(socket.SHUT_WR)


def _nothing() -> None:
    """Stand in for the ``close`` that a response need not have."""
