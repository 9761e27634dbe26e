"""A thread whose request was answered while it hung: nothing that it does afterwards is stored (KEY-2)."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import include, path

from hsm.api import CallUnderWay, HungCall
from hsm.token.connection import connection as module
from mitid_portal.hung_calls import IS_ANSWERED, UNUSUAL_SECONDS, AnswersHungCalls, RequestUnderWay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]
PATIENCE_SECONDS = 30.0


class Gate:
    """Where a page waits until the test lets it go on."""

    def __init__(self) -> None:
        self.is_reached = threading.Event()
        self.is_open = threading.Event()

    def pass_through(self) -> None:
        self.is_reached.set()
        assert self.is_open.wait(PATIENCE_SECONDS)


gates: dict[str, Gate] = {}


def hangs(request: HttpRequest) -> HttpResponse:
    """Has a database session when it hangs, and afterwards goes on as whoever needs no fresh reading does."""
    request.session["seen"] = "late"
    gates["page"].pass_through()
    with suppress(DatabaseError), transaction.atomic():
        connection.ensure_connection()
        SessionStore().exists("a")
    return HttpResponse("fine")


def hangs_first(request: HttpRequest) -> HttpResponse:
    """Has no database session yet when it hangs."""
    gates["page"].pass_through()
    request.session["seen"] = "late"
    return HttpResponse("fine")


def hangs_in_the_module(_request: HttpRequest) -> HttpResponse:
    module.call(lambda _held: gates["page"].pass_through())
    return HttpResponse("fine")


urlpatterns = [
    path("hangs/", hangs),
    path("hangs-first/", hangs_first),
    path("hangs-in-the-module/", hangs_in_the_module),
    path("", include("mitid_portal.urls")),
]


class Asked:
    """A request in a thread of its own, as gunicorn has it, and its client's end of the socket."""

    def __init__(self, portal: AnswersHungCalls, address: str, key: str = "") -> None:
        self.client, self._server = socket.socketpair()
        self.client.settimeout(PATIENCE_SECONDS)
        self._portal = portal
        self._environ: dict[str, Any] = RequestFactory().get(address).environ | {
            "gunicorn.socket": self._server,
            "wsgi.input": BytesIO(),
            "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={key}",
        }
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        assert gates["page"].is_reached.wait(PATIENCE_SECONDS)

    def _serve(self) -> None:
        try:
            self._portal(self._environ, lambda *_: None)
        except BrokenPipeError as error:
            self.error = error
        finally:
            connection.close()

    def page(self) -> bytes:
        found = b""
        while part := self.client.recv(65_536):
            found += part
        return found

    def has_answer(self) -> bool:
        self.client.setblocking(False)
        try:
            return bool(self.client.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        finally:
            self.client.settimeout(PATIENCE_SECONDS)

    def end(self) -> None:
        gates["page"].is_open.set()
        self.thread.join(PATIENCE_SECONDS)
        self.client.close()
        self._server.close()


@contextmanager
def asked(address: str, key: str = "") -> Iterator[tuple[AnswersHungCalls, Asked]]:
    gates["page"] = Gate()
    portal = AnswersHungCalls(WSGIHandler())
    request = Asked(portal, address, key)
    try:
        yield portal, request
    finally:
        request.end()


def a_session(seen: str, key: str | None = None) -> str:
    store = SessionStore(key)
    store["seen"] = seen
    store.save()
    assert store.session_key is not None
    return store.session_key


@pytest.mark.parametrize("address", ["/hangs/", "/hangs-first/"])
def test_a_late_thread_does_not_undo_what_the_browser_did_meanwhile(address: str) -> None:
    key = a_session("first")
    with asked(address, key) as (portal, request):
        assert request.thread.ident is not None
        portal.answer_for(HungCall(request.thread.ident, time.monotonic()))
        assert request.page().startswith(b"HTTP/1.1 503 ")
        a_session("newer", key)
    assert isinstance(request.error, BrokenPipeError)
    assert SessionStore(key)["seen"] == "newer"


@pytest.mark.parametrize("address", ["/hangs/", "/hangs-first/"])
def test_a_thread_that_nobody_answered_for_stores_as_ever(address: str) -> None:
    key = a_session("first")
    with asked(address, key) as (_, request):
        pass
    assert request.error is None
    assert SessionStore(key)["seen"] == "late"


def test_key_2_a_request_that_waited_before_it_called_is_answered_when_it_is_as_old_as_a_call_may_be() -> None:
    with asked("/hangs-in-the-module/") as (portal, request):
        portal.answer_for_late(time.monotonic() + settings.HSM_CALL_SECONDS / 2)
        time.sleep(0.2)
        assert not request.has_answer()
        assert UNUSUAL_SECONDS < settings.HSM_CALL_SECONDS
        portal.answer_for_late(time.monotonic() + settings.HSM_CALL_SECONDS)
        assert request.page().startswith(b"HTTP/1.1 503 ")
    assert isinstance(request.error, BrokenPipeError)


def test_a_request_that_is_old_but_not_in_the_module_is_left_alone() -> None:
    with asked("/hangs/") as (portal, request):
        portal.answer_for_late(time.monotonic() + 100 * settings.HSM_CALL_SECONDS)
        time.sleep(0.2)
        assert not request.has_answer()
    assert request.error is None


def test_a_request_whose_call_has_come_back_is_left_alone() -> None:
    """The client is told that nothing was stored: so nobody is told while the thread is storing."""
    key = a_session("first")
    with asked("/hangs/", key) as (portal, request):
        assert request.thread.ident is not None
        portal.answer_for(CallUnderWay(request.thread.ident, time.monotonic()))
        time.sleep(0.3)
        assert not request.has_answer()
    assert request.error is None
    assert SessionStore(key)["seen"] == "late"


def test_nothing_is_committed_once_somebody_else_has_answered() -> None:
    one, other = socket.socketpair()
    with one, other:
        under_way = RequestUnderWay({}, one)
        stored = []

        def late() -> None:
            with under_way.guarded(), transaction.atomic():
                stored.append(a_session("late"))
                under_way.environ[IS_ANSWERED] = True

        with pytest.raises(OperationalError):
            late()
        assert not SessionStore().exists(stored[0])
        with transaction.atomic():
            key = a_session("next")
        assert SessionStore().exists(key)
