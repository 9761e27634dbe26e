"""Reads what people answer, once the provider's signature has been checked."""

import re
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from twilio.request_validator import RequestValidator

from notifications.queries import is_inbound_sms_noted
from notifications.rules.addresses import normal_phone

LONGEST_TEXT: Final = 1600  # Twilio's own limit
_PROVIDER_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class InboundSms:
    """A text message that somebody sent us, as the provider vouches for it.

    ``is_duplicate`` tells that it was acted on before; the act itself calls ``note_inbound_sms`` in its own
    transaction.
    """

    sender: str
    text: str
    provider_id: str
    is_duplicate: bool


def read_inbound_sms(request: HttpRequest) -> InboundSms | None:
    """Read the provider's call; ``None`` when it is not signed with our secret.

    The signature is held against the public address, not against what a proxy made of it. A signed call without
    a message id cannot come from the provider and counts as unsigned.
    """
    signature = request.headers.get("X-Twilio-Signature", "")
    address = settings.PUBLIC_ADDRESS.rstrip("/") + request.get_full_path()
    secret = settings.TWILIO_AUTH_TOKEN
    if request.method != "POST" or not secret or not signature.isascii():
        return None
    if not RequestValidator(secret).validate(address, request.POST, signature):
        return None
    sender, text, provider_id = (request.POST.get(name, "") for name in ("From", "Body", "MessageSid"))
    if not _PROVIDER_ID.fullmatch(provider_id):
        return None
    return InboundSms(
        sender=normal_phone(sender) or "",
        text=text[:LONGEST_TEXT],
        provider_id=provider_id,
        is_duplicate=is_inbound_sms_noted(provider_id),
    )
