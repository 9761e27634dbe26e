"""Where a mail server posts what came back."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

from notifications.rules.bounces import LONGEST_BOUNCE
from notifications.signed_calls import is_signed_call
from notifications.usecases.note_bounce import note_bounce
from notifications.views.base import ProviderCall


class EmailBounces(ProviderCall):
    """Takes one message (message/rfc822) as a mail server would write it into a mailbox, signed with our secret."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Act on a bounce; take anything else too, and leave it alone: refused, it would come again for ever."""
        if _length_of(request) > LONGEST_BOUNCE:
            return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not is_signed_call(request, secret=settings.EMAIL_BOUNCE_SECRET, now=self.now):
            return HttpResponseForbidden()
        if request.content_type != "message/rfc822":
            return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        note_bounce(raw=request.body, now=self.now)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _length_of(request: HttpRequest) -> int:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
