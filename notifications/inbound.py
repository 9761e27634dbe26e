"""Reads what providers tell us, once their signature has been checked: what people answer above all."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from twilio.request_validator import RequestValidator

from notifications.rules.addresses import normal_phone
from notifications.rules.replies import carrier_word
from notifications.signed_calls import is_signed_call
from notifications.states import CarrierWord
from notifications.transports.http_sms import HTTP
from notifications.transports.twilio_sms import TWILIO

LONGEST_TEXT: Final = 1600  # Twilio's own limit
LONGEST_BODY: Final = 65_536  # bytes of a call of the second provider
HTTP_PREFIX: Final = "http-"  # so that two providers who count alike are not taken for one
_PROVIDER_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class InboundSms:
    """A text message that somebody sent us, as the provider vouches for it.

    Whether it was acted on before is for the act to find out (``note_inbound_sms``, in its own transaction).
    ``carrier_word`` is what it asked of the carrier, who has acted on it already.
    """

    sender: str
    text: str
    provider_id: str
    provider: str
    carrier_word: CarrierWord | None = None


def is_signed_by_twilio(request: HttpRequest) -> bool:
    """Tell whether Twilio signed a call with our secret, or with the one before while it changes.

    The signature is held against the public address, not against what a proxy made of it, and covers every field.
    """
    signature = request.headers.get("X-Twilio-Signature", "")
    address = settings.PUBLIC_ADDRESS.rstrip("/") + request.get_full_path()
    if request.method != "POST" or not signature.isascii():
        return False
    secrets = [secret for secret in (settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FORMER_AUTH_TOKEN) if secret]
    return any(RequestValidator(secret).validate(address, request.POST, signature) for secret in secrets)


def read_inbound_sms(request: HttpRequest) -> InboundSms | None:
    """Read Twilio's call; ``None`` when it is not signed with our secret.

    A signed call without a message id cannot come from Twilio and counts as unsigned.
    """
    if not is_signed_by_twilio(request):
        return None
    sender, text, provider_id = (request.POST.get(name, "") for name in ("From", "Body", "MessageSid"))
    return _inbound(sender, text, provider_id, provider=TWILIO, word=_word(request.POST.get("OptOutType", "")))


def read_inbound_http_sms(request: HttpRequest, *, now: datetime) -> InboundSms | None:
    """Read the second provider's call; ``None`` when it is not signed with the secret that we share, or too old."""
    if request.method != "POST" or not is_signed_call(request, secret=settings.HTTP_SMS_SECRET, now=now):
        return None
    told = told_by_http_provider(request)
    sender, text, provider_id = (told.get(name) for name in ("from", "text", "id"))
    if not (isinstance(sender, str) and isinstance(text, str) and isinstance(provider_id, str)):
        return None
    return _inbound(sender, text, f"{HTTP_PREFIX}{provider_id}", provider=HTTP, word=None)


def told_by_http_provider(request: HttpRequest) -> Mapping[str, Any]:
    """Give the JSON object that a signed call has; an empty one when it has something else."""
    if len(request.body) > LONGEST_BODY:
        return {}
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _inbound(sender: str, text: str, provider_id: str, *, provider: str, word: CarrierWord | None) -> InboundSms | None:
    if not _PROVIDER_ID.fullmatch(provider_id):
        return None
    return InboundSms(
        sender=normal_phone(sender) or "",
        text=text[:LONGEST_TEXT],
        provider_id=provider_id,
        provider=provider,
        carrier_word=word or carrier_word(text),
    )


def _word(text: str) -> CarrierWord | None:
    """Read what Twilio says that it took a text for; its words may be others than those of rules/replies.py."""
    return next((word for word in CarrierWord if word.value == text.upper()), None)
