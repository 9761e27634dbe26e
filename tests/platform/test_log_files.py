"""A line of a log file says for which page a request was; nothing of its address, where tokens stand (LOG-2)."""

import logging
import socket
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http import RequestParser
from gunicorn.http.errors import InvalidRequestLine
from gunicorn.workers.base import Worker

import mitid_portal.gunicorn
from hsm import api as hsm
from identities.api import ChangeField
from mitid_portal import clock
from tests.factories.identities import a_resident
from tests.factories.selfservice import a_requested_change, log_in, stop_path_for

TOKEN = "kK3-rY_8vQe2Jx0bTn5mZs7wLc4pHd6f"
MASTER = logging.getLogger("gunicorn.error")
failing = pytest.mark.urls("tests.platform.views_that_fail")


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """All lines, of what the settings' own handler writes; refusals too, which are left out else."""
    caplog.set_level(logging.DEBUG, "django.request")
    caplog.set_level(logging.DEBUG, "django.security.csrf")
    [handler] = [each for each in logging.getLogger().handlers if each.get_name() == "stderr"]
    assert isinstance(handler, logging.StreamHandler)
    file = StringIO()
    before = handler.setStream(file)
    yield file.getvalue
    handler.setStream(before)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.parametrize("act", [None, "stop", "block"])
def test_log_2_no_stop_link_is_in_the_log_file_of_an_outage(
    client: Client, written: Callable[[], str], settings: Any, act: str | None
) -> None:
    """LOG-2: the page is asked for while the module is away."""
    now = clock.now()
    resident = a_resident(now=now)
    a_requested_change(log_in(Client(), resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    path, module = stop_path_for(resident), settings.PKCS11_MODULE
    settings.PKCS11_MODULE = "/nowhere/libhsm.so"
    hsm.forget()
    try:
        answer = client.post(path, {"act": act}) if act else client.get(path)
    finally:
        settings.PKCS11_MODULE = module
        hsm.forget()
    assert answer.status_code == 503
    assert "ERROR django.request Service Unavailable: selfservice:stop\n" in written()
    assert path.split("/")[2] not in written()


@failing
def test_log_2_a_faults_traceback_says_where_it_was_and_not_at_which_address(
    client: Client, written: Callable[[], str]
) -> None:
    """LOG-2: exceptions name what they could not find."""
    assert client.get(f"/at-fault/{TOKEN}/?to={TOKEN[::-1]}").status_code == 500
    assert "ERROR django.request Internal Server Error: at-fault-by-name\n" in written()
    assert "views_that_fail.py" in written()
    assert "ValueError: ... leads nowhere" in written()
    assert "NoReverseMatch" in written()
    assert TOKEN not in written()
    assert TOKEN[::-1] not in written()


@failing
@pytest.mark.parametrize(
    ("path", "line"),
    [
        (f"/refused/{TOKEN}/", "django.security.SuspiciousOperation Bad Request: refused"),
        (f"/no-such-page/{TOKEN}/", "django.request Not Found: no route"),
        (f"/fine/{TOKEN}%00/", "django.request Bad Request: no route"),
        (f"/stop/{TOKEN}/", "django.request Not Found: selfservice:stop"),
    ],
)
@pytest.mark.django_db
def test_log_2_no_refusal_names_its_address(client: Client, written: Callable[[], str], path: str, line: str) -> None:
    """LOG-2."""
    assert client.get(f"{path}?q={TOKEN}").status_code in {400, 404}
    assert f"{line}\n" in written()
    assert TOKEN not in written()


@failing
@pytest.mark.parametrize(("refused", "line"), [("form", "Forbidden: selfservice:stop"), ("method", "Not Allowed")])
def test_log_2_nor_does_a_form_or_a_method_that_is_refused(written: Callable[[], str], refused: str, line: str) -> None:
    """LOG-2."""
    client = Client(enforce_csrf_checks=refused == "form")
    answer = client.post(f"/stop/{TOKEN}/") if refused == "form" else client.put(f"/stop/{TOKEN}/")
    assert answer.status_code in {403, 405}
    assert line in written()
    assert TOKEN not in written()


@failing
def test_log_2_a_query_of_too_many_fields_is_a_line_too(client: Client, written: Callable[[], str]) -> None:
    """LOG-2: nothing that stands in an address hinders the line."""
    assert client.get(f"/at-fault/{TOKEN}/?{'&'.join(f'field{n}={TOKEN}' for n in range(2_000))}").status_code == 500
    assert "Internal Server Error: at-fault-by-name" in written()
    assert TOKEN not in written()


@failing
def test_log_2_no_handler_of_djangos_own_sees_a_request(client: Client, settings: Any, mailoutbox: list[Any]) -> None:
    """LOG-2: they write to the terminal and by e-mail, with the whole address."""
    settings.ADMINS = [("Operator", "operator@example.dk")]
    client.get(f"/at-fault/{TOKEN}/")
    assert logging.getLogger("django").handlers == []
    assert mailoutbox == []


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Worker]:
    """A worker of gunicorn with the log that it has in production, but in a file."""
    config = Config()
    config.set("loglevel", mitid_portal.gunicorn.loglevel)
    config.set("accesslog", mitid_portal.gunicorn.accesslog)
    config.set("errorlog", str(tmp_path / "errors"))
    worker = Worker(0, 0, [], None, 30, config, Logger(config))
    yield worker
    worker.tmp.close()
    for handler in MASTER.handlers[:]:
        MASTER.removeHandler(handler)
        handler.close()


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (f"GET /stop/{TOKEN}/ HTTP/1.1", "[ERROR] Error handling request"),
        (f"GET /stop/{TOKEN}/", "[WARNING] Invalid request"),
    ],
)
def test_log_2_gunicorn_names_no_address_either(server: Worker, tmp_path: Path, sent: str, line: str) -> None:
    """LOG-2: it keeps no list of requests, and what it says of one that failed is that it did."""
    client, here = socket.socketpair()
    asked, address = None, ("203.0.113.7", 1)
    with client, here:
        client.sendall(f"{sent}\r\nHost: localhost\r\n\r\n".encode())
        fault: Exception = RuntimeError("the application fell")
        try:
            asked = next(RequestParser(server.cfg, here, address))
        except InvalidRequestLine as unread:
            fault = unread
        server.handle_error(asked, here, address, fault)
    told = (tmp_path / "errors").read_text()
    assert f"{line}\n" in told
    assert TOKEN not in told
    assert "203.0.113.7" not in told
    assert server.cfg.accesslog is None
