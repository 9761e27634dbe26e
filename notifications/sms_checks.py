"""System checks of text messages: settings under which they would not go out, or nobody could answer them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

TWILIO: Final = "notifications.transports.twilio_sms.TwilioSms"
HTTP: Final = "notifications.transports.http_sms.HttpSms"
SHORTEST_SECRET: Final = 32  # characters
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_BEGINNING: Final = re.compile(r"\+[1-9][0-9]{0,6}")


def check_sms_settings(**_kwargs: Any) -> list[CheckMessage]:
    """See that each provider of text messages can be loaded and has what it needs."""
    faults = [*_wrong_in_choice()]
    if TWILIO in settings.SMS_TRANSPORTS:
        faults += [*_wrong_at_twilio(), *_wrong_senders("TWILIO", settings.TWILIO_FROM, settings.TWILIO_SENDERS)]
    if HTTP in settings.SMS_TRANSPORTS:
        faults += [*_wrong_at_second(), *_wrong_senders("HTTP_SMS", settings.HTTP_SMS_FROM, settings.HTTP_SMS_SENDERS)]
    return faults


def _is_serious() -> bool:
    return not settings.DEMO and not settings.TESTING


def _wrong_in_choice() -> Iterator[CheckMessage]:
    names = []
    for path in settings.SMS_TRANSPORTS:
        try:
            names.append(import_string(path).name)
        except (ImportError, AttributeError):
            yield Error(f"SMS_TRANSPORTS names {path}, which is no transport.", id="notifications.E030")
    if len(set(names)) != len(names) or not settings.SMS_TRANSPORTS:
        yield Error("SMS_TRANSPORTS names at least one provider, and each once.", id="notifications.E031")


def _wrong_at_twilio() -> Iterator[CheckMessage]:
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_FROM):
        yield Error("TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM are needed.", id="notifications.E005")
    if settings.TWILIO_BASE_URL and _is_serious() and urlsplit(settings.TWILIO_BASE_URL).scheme != "https":
        yield Error("TWILIO_BASE_URL begins with https.", id="notifications.E006")


def _wrong_at_second() -> Iterator[CheckMessage]:
    if not (settings.HTTP_SMS_URL and settings.HTTP_SMS_KEY and settings.HTTP_SMS_FROM):
        yield Error("HTTP_SMS_URL, HTTP_SMS_KEY and HTTP_SMS_FROM are needed.", id="notifications.E032")
    address = urlsplit(settings.HTTP_SMS_URL)
    if settings.HTTP_SMS_URL and _is_serious() and address.scheme != "https":
        yield Error("HTTP_SMS_URL begins with https.", id="notifications.E033")
    if _is_serious() and len(settings.HTTP_SMS_SECRET) < SHORTEST_SECRET:
        yield Error(f"HTTP_SMS_SECRET has at least {SHORTEST_SECRET} characters.", id="notifications.E034")
    if settings.DEMO and address.hostname not in LOOPBACK:
        yield Error(
            "DEMO is on, and HTTP_SMS_URL reaches real people.",
            hint="Unset DEMO, or name a stand-in on this machine.",
            id="notifications.E035",
        )


def _wrong_senders(name: str, otherwise: str, senders: dict[str, str]) -> Iterable[CheckMessage]:
    if any(not _BEGINNING.fullmatch(beginning) or not sender for beginning, sender in senders.items()):
        yield Error(
            f"{name}_SENDERS has a sender for each beginning of a number.",
            hint="As +46=Name,+47=+4759440000.",
            id="notifications.E036",
        )
    if otherwise and not all(sender.startswith(("+", "MG")) for sender in (otherwise, *senders.values())):
        yield checks.Warning(
            f"{name}: nobody can answer NO to a sender that is a name (CHG-6).",
            hint="Where a country takes no other sender, its people stop a change by e-mail, page or telephone.",
            id="notifications.W001",
        )
