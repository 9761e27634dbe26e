"""Where the SMS provider hands over what people answer."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from authentication.api import Audience, Page
from notifications.api import read_inbound_sms
from selfservice.usecases.take_sms_reply import take_sms_reply

NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@method_decorator(csrf_exempt, name="dispatch")
class SmsInboundPage(Page):
    """For the provider alone; its signature takes the place of a token. Answers are sent through the outbox."""

    audience = Audience.MACHINE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Act on a signed message, once."""
        sms = read_inbound_sms(request)
        if sms is None:
            return HttpResponseForbidden()
        take_sms_reply(sender=sms.sender, text=sms.text, provider_id=sms.provider_id, now=self.now)
        return HttpResponse(NO_ANSWER, content_type="application/xml")
