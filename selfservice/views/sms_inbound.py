"""Where the providers of text messages hand over what people answer."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from authentication.api import Audience, Page
from notifications.api import InboundSms, read_inbound_http_sms, read_inbound_sms
from selfservice.usecases.take_sms_reply import take_sms_reply

NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


class ProviderPage(Page):
    """For a provider alone; its signature takes the place of a token. Answers are sent through the outbox."""

    audience = Audience.MACHINE
    http_method_names = ["post"]

    def act_on(self, sms: InboundSms) -> None:
        """Act on a signed message, once."""
        take_sms_reply(
            sender=sms.sender,
            text=sms.text,
            provider_id=sms.provider_id,
            carrier_word=sms.carrier_word,
            provider=sms.provider,
            now=self.now,
        )


@method_decorator(csrf_exempt, name="dispatch")
class SmsInboundPage(ProviderPage):
    """Twilio's: it wants an answer in its own language, which is empty."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Act on what Twilio has signed."""
        sms = read_inbound_sms(request)
        if sms is None:
            return HttpResponseForbidden()
        self.act_on(sms)
        return HttpResponse(NO_ANSWER, content_type="application/xml")


@method_decorator(csrf_exempt, name="dispatch")
class HttpSmsInboundPage(ProviderPage):
    """The second provider's."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Act on what the second provider has signed."""
        sms = read_inbound_http_sms(request, now=self.now)
        if sms is None:
            return HttpResponseForbidden()
        self.act_on(sms)
        return HttpResponse(status=204)
