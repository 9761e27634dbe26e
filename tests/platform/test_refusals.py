"""What cannot be meant, and what cannot be answered, is refused in plain words and never with a trace."""

from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.test import Client, RequestFactory, override_settings

from hsm.api import HsmUnavailable
from mitid_portal import errors
from mitid_portal.middleware import DRAINED_BYTES, PlainRefusals

pytestmark = [pytest.mark.urls("tests.platform.views_that_fail")]

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("path", ["/without-keys/", "/without-database/", "/without-cache/"])
def test_the_outage_of_a_part_is_a_page_with_status_503(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert "<h1>" in answer.text
    assert "internal" not in answer.text
    assert "slot 7" not in answer.text


def test_each_part_has_its_own_words(client: Client) -> None:
    pages = {client.get(f"/without-{part}/").text for part in ("keys", "database", "cache")}

    assert len(pages) == 3


def test_a_fault_of_ours_is_a_page_without_its_reason(client: Client) -> None:
    answer = client.get("/at-fault/")

    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("fault", "status"), [(HsmUnavailable("x"), 503), (OperationalError("x"), 503), (KeyError(), 500)]
)
def test_a_fault_outside_the_views_meets_the_same_pages(fault: Exception, status: int) -> None:
    """A session that cannot be saved is no view's exception."""
    request = RequestFactory().get("/")
    try:
        raise fault
    except type(fault):
        answer = errors.server_error(request)

    assert answer.status_code == status


@pytest.mark.parametrize(
    "target",
    ["/fine/?q=%00", "/fine/?%00", "/fine/?q=a%00b&p=1", "/fine/%00", "/%00/fine/"],
)
def test_a_nul_in_an_address_is_refused(client: Client, target: str) -> None:
    answer = client.get(target)

    assert answer.status_code == 400
    assert "<h1>" in answer.text


def test_a_nul_in_a_cookie_is_refused(client: Client) -> None:
    """A cookie's value may be quoted, and the quotes may hide any byte."""
    answer = client.get("/fine/", headers={"cookie": 'mitid_session="a\\000b"'})

    assert answer.status_code == 400


def test_a_nul_in_a_field_reaches_the_form_and_is_refused_there(client: Client) -> None:
    answer = client.post("/note/", {"note": "a\x00b"})

    assert answer.status_code == 422


@pytest.mark.parametrize("length", [1_048_577, 10_000_000])
def test_a_body_that_is_too_large_is_refused(client: Client, length: int) -> None:
    answer = client.post("/note/", data=b"note=" + b"x" * (length - 5), content_type=FORM)

    assert answer.status_code == 413
    assert "<h1>" in answer.text


@pytest.mark.parametrize("letter", ["x", "æ", "\u202e"])
def test_a_field_of_two_hundred_kilobytes_is_refused_by_its_form(client: Client, letter: str) -> None:
    answer = client.post("/note/", {"note": letter * (200_000 // len(letter.encode()))})

    assert answer.status_code == 422


def test_too_many_fields_are_refused(client: Client) -> None:
    answer = client.post("/note/", {f"field{n}": "x" for n in range(300)})

    assert answer.status_code == 413


class Endless(BytesIO):
    """A body without end, which counts what is taken from it."""

    taken = 0
    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size > 0
        self.taken += size
        self.largest = max(self.largest, size)
        return b"x" * size


@pytest.mark.django_db
def test_a_huge_body_is_dropped_in_pieces_and_not_without_end() -> None:
    body = Endless()
    environment = RequestFactory().post("/fine/").environ | {
        "wsgi.input": body,
        "CONTENT_LENGTH": "10000000000",
    }
    begun: list[str] = []

    def begin(status: str, _headers: object, *_: object) -> Callable[[bytes], object]:
        begun.append(status)
        return bytes

    WSGIHandler()(environment, begin)

    assert begun[0].startswith("413")
    assert body.taken == DRAINED_BYTES
    assert body.largest <= 65_536


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "abc"])
def test_a_length_that_is_none_is_refused(client: Client, length: str) -> None:
    answer = client.get("/fine/", CONTENT_LENGTH=length)

    assert answer.status_code == 400


def test_a_body_in_chunks_is_refused_since_its_length_is_unknown(client: Client) -> None:
    answer = client.post("/note/", headers={"transfer-encoding": "chunked"}, CONTENT_LENGTH="")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=\x00", b"x"),
        ("multipart/form-data; boundary=abc", b"--abc\r\nContent-Disposition: form-data; name=note\r\n\r\ncut"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"note=x"),
        ("application/x-www-form-urlencoded", b"note=%ff%fe%80"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=\x80"),
        ("text/plain", b"note=x"),
    ],
)
def test_a_malformed_form_is_never_a_server_error(client: Client, content_type: str, body: bytes) -> None:
    answer = client.generic("POST", "/note/", body, content_type)

    assert answer.status_code in {200, 400, 422}


def test_a_host_that_is_not_ours_is_refused(client: Client) -> None:
    answer = client.get("/fine/", headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "evil.example" not in answer.text


def test_an_address_that_is_not_there_is_a_plain_404(client: Client) -> None:
    answer = client.get("/there-is-no-such-page/")

    assert answer.status_code == 404
    assert "<h1>" in answer.text
    assert "there-is-no-such-page" not in answer.text


def test_a_form_without_its_token_is_told_what_to_do() -> None:
    answer = Client(enforce_csrf_checks=True).post("/note/", {"note": "x"})

    assert answer.status_code == 403
    assert "CSRF" not in answer.text


@pytest.mark.parametrize(
    "path", ["/fine/", "/there-is-no-such-page/", "/without-keys/", "/health/live", "/fine/?q=%00"]
)
def test_no_dynamic_page_may_be_kept_or_reach_for_devices(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.headers["Cache-Control"] == "no-store"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_refusal_speaks_the_readers_language(client: Client, language: str) -> None:
    answer = client.get("/fine/?q=%00", headers={"accept-language": language})

    assert f'<html lang="{language}"' in answer.text


def test_a_template_that_fails_still_leaves_words_and_the_status() -> None:
    broken = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [],
            "APP_DIRS": False,
            "OPTIONS": {},
        },
    ]
    with override_settings(TEMPLATES=broken):
        answer = errors.page(RequestFactory().get("/"), HTTPStatus.SERVICE_UNAVAILABLE)

    assert answer.status_code == 503
    assert "<h1>" in answer.text


@pytest.mark.parametrize("name", ["400", "403", "404", "413", "500", "503", "csrf"])
def test_every_refusal_has_its_template(name: str) -> None:
    get_template(f"errors/{name}.html")


def answering(answer: HttpResponse) -> Callable[[HttpRequest], HttpResponse]:
    return lambda _request: answer


def test_a_page_cannot_allow_itself_to_be_kept() -> None:
    kept = HttpResponse(headers={"Cache-Control": "public, max-age=3600"})

    answer = PlainRefusals(answering(kept))(RequestFactory().get("/"))

    assert answer.headers["Cache-Control"] == "no-store"
