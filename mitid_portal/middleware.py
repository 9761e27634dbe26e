"""What every request meets first and every dynamic page leaves with."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from mitid_portal import errors

NUL: Final = "\x00"
CHUNK_BYTES: Final = 65_536
DRAINED_BYTES: Final = 33_554_432  # read away and dropped before a refusal, so that the sender gets to read it
FEATURES: Final = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)


class PlainRefusals:
    """Requests that cannot be meant are refused in plain words, and so are all while a part is away.

    Views fail closed by letting ``HsmUnavailable`` and the database's ``OperationalError`` rise; here they become a
    page with status 503.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Wrap the rest of the stack."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the headers of a page that nobody may keep."""
        response: HttpResponseBase | None = refusal_to_read(request)
        if response is None:
            response = self.get_response(request)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Permissions-Policy"] = _permissions(response.headers.get("Permissions-Policy", ""))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn the outage of a part into its page; other exceptions go their way."""
        part = errors.unavailable_part(exception)
        return None if part is None else errors.unavailable(request, part)


def refusal_to_read(request: HttpRequest) -> HttpResponse | None:
    """Refuse what no page of ours sends; ``None`` means that the request may go on.

    Nothing of the body is kept for that. PostgreSQL stores no NUL, so one in an address, a query or a cookie would
    end as a server error in whichever page looks it up; in a form's field the form says so itself.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        return errors.page(request, HTTPStatus.BAD_REQUEST)
    if int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        _drain(request, int(length))
        return errors.page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if "HTTP_TRANSFER_ENCODING" in request.META:
        return errors.page(request, HTTPStatus.BAD_REQUEST)
    if NUL in request.path or _has_nul(request.COOKIES.values()) or "%00" in request.META.get("QUERY_STRING", ""):
        return errors.page(request, HTTPStatus.BAD_REQUEST)
    return None


def _has_nul(texts: Iterable[str]) -> bool:
    return any(NUL in text for text in texts)


def _drain(request: HttpRequest, length: int) -> None:
    # A connection that is closed on unread bytes is reset, and the browser shows that instead of our page.
    left = min(length, DRAINED_BYTES)
    stream = request.environ["wsgi.input"] if hasattr(request, "environ") else request
    while left > 0:
        chunk = stream.read(min(left, CHUNK_BYTES))
        if not chunk:
            return
        left -= len(chunk)


def _permissions(asked_for: str) -> str:
    """Give what a page may use of the device: nothing, but the one feature that it says it needs itself."""
    name = asked_for.partition("=")[0]
    return ", ".join([*([asked_for] if asked_for else []), *(f"{other}=()" for other in FEATURES if other != name)])
