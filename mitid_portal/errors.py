"""The pages for what went wrong: plain words, no trace of the machinery, and the right status code."""

import logging
import sys
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import TimeoutError as CacheTimeoutError

from authentication.api import problem_page
from hsm.api import HsmUnavailable

PROGRAMS: Final = "/api/"  # what asks there reads problems (RFC 9457), not pages

logger = logging.getLogger(__name__)


class Part(StrEnum):
    """A part of the system without which a page cannot be given, as templates/errors/503.html knows it."""

    DATABASE = "database"
    HSM = "hsm"
    CACHE = "cache"


def unavailable_part(fault: BaseException | None) -> Part | None:
    """Tell which part's outage ``fault`` is; ``None`` when it is something else, so a fault of ours."""
    match fault:
        case HsmUnavailable():
            return Part.HSM
        case OperationalError() | InterfaceError():
            return Part.DATABASE
        case CacheConnectionError() | CacheTimeoutError():
            return Part.CACHE
        case _:
            return None


def bad_request(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """Say that the request could not be read, or was too much."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return page(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return page(request, HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:  # noqa: ARG001 - Django's
    """Say that the page is for somebody else."""
    return page(request, HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:  # noqa: ARG001 - Django's
    """Say that there is no such page; the same for "not there" and "not yours"."""
    return page(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the fault is ours, or which part is away when that is the fault.

    Django calls this while it handles the exception, wherever that was raised: in a view, in a middleware, or
    when the session was saved.
    """
    part = unavailable_part(sys.exception())
    return unavailable(request, part) if part is not None else page(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def unavailable(request: HttpRequest, part: Part) -> HttpResponse:
    """Say that a part is away and that nothing was done."""
    response = page(request, HTTPStatus.SERVICE_UNAVAILABLE, part=part)
    response.headers["Retry-After"] = "60"
    return response


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form had grown too old, and what to do."""
    logger.info("A form was refused: %s", reason)
    return page(request, HTTPStatus.FORBIDDEN, name="csrf")


def page(
    request: HttpRequest, status: HTTPStatus, *, name: str | None = None, part: Part | None = None
) -> HttpResponse:
    """Give the page of an error in the reader's language, in its plainest form when the template fails."""
    with translation.override(translation.get_language_from_request(request)):
        if request.path_info.startswith(PROGRAMS):
            return problem_page(status)
        try:
            body: str = render_to_string(f"errors/{name or status.value}.html", {"part": part}, request=request)
        except Exception:
            # Whatever hinders the template, the reader still gets words and the right status.
            logger.exception("The page for %s could not be rendered.", status.value)
            body = _plainest(status)
    response = HttpResponse(body, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _plainest(status: HTTPStatus) -> str:
    heading = _("Out of order for the moment") if status >= 500 else _("We could not do what was asked")
    advice = _("Nothing was stored. Wait a few minutes and try again.")
    return (
        f'<!DOCTYPE html><html lang="{escape(translation.get_language() or "da")}">'
        f'<head><meta charset="utf-8"><title>{escape(heading)}</title></head>'
        f"<body><main><h1>{escape(heading)}</h1><p>{escape(advice)}</p></main></body></html>"
    )
