"""Where Twilio tells what became of a message."""

import re
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

from notifications.inbound import is_signed_by_twilio
from notifications.transports.twilio_sms import TWILIO, report_from
from notifications.usecases.note_provider_report import note_provider_report
from notifications.views.base import ProviderCall

_SID: Final = re.compile(r"(?:SM|MM)[0-9a-f]{32}")
_CODE: Final = re.compile(r"[0-9]{1,6}")
_SEGMENTS: Final = re.compile(r"[1-9][0-9]?")


class TwilioStatusCall(ProviderCall):
    """One status of one message: it may come twice, late, out of order, or before our own note of Twilio's yes."""

    def post(self, request: HttpRequest, *args: Any, delivery_id: UUID, **kwargs: Any) -> HttpResponse:
        """Note a signed report; one that we cannot place is no error of Twilio's, which would call again."""
        if not is_signed_by_twilio(request):
            return HttpResponseForbidden()
        form = request.POST
        sid, code, segments = (form.get(name, "") for name in ("MessageSid", "ErrorCode", "NumSegments"))
        report = report_from(
            status=form.get("MessageStatus", ""),
            code=int(code) if _CODE.fullmatch(code) else None,
            segments=int(segments) if _SEGMENTS.fullmatch(segments) else None,
        )
        if report is not None and _SID.fullmatch(sid):
            note_provider_report(
                provider=TWILIO, provider_reference=sid, delivery_id=delivery_id, report=report, now=self.now
            )
        return HttpResponse(status=204)
