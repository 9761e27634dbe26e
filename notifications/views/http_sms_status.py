"""Where the second provider tells what became of a message."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

from notifications.inbound import told_by_http_provider
from notifications.signed_calls import is_signed_call
from notifications.transports.http_sms import HTTP, reference_in, report_from
from notifications.usecases.note_provider_report import note_provider_report
from notifications.views.base import ProviderCall


class HttpSmsStatusCall(ProviderCall):
    """One status of one message, signed by HMAC with the time; a copy within the window changes nothing."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Note a signed report; one that we cannot place is no error of the provider's, which would call again."""
        if not is_signed_call(request, secret=settings.HTTP_SMS_SECRET, now=self.now):
            return HttpResponseForbidden()
        told = told_by_http_provider(request)
        report, reference = report_from(told), reference_in(told)
        if report is not None and reference is not None:
            note_provider_report(
                provider=HTTP,
                provider_reference=reference,
                delivery_id=_delivery_id(told.get("key")),
                report=report,
                now=self.now,
            )
        return HttpResponse(status=204)


def _delivery_id(key: object) -> UUID | None:
    try:
        return UUID(key) if isinstance(key, str) else None
    except ValueError:
        return None
