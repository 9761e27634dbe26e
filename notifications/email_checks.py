"""System checks of e-mail: settings under which e-mails would be refused, unsigned or lost on their way back."""

import ssl
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error

from notifications.checks import SMTP
from notifications.return_path import LONGEST_MAILBOX
from notifications.rules.addresses import normal_email
from notifications.transports.dkim_signing import fault_of_key

SHORTEST_SECRET: Final = 32  # characters


def check_email_settings(**_kwargs: Any) -> list[CheckMessage]:
    """See that e-mails go out encrypted and signed, and that what comes back is read."""
    if settings.EMAIL_TRANSPORT != SMTP:
        return []
    return [*_wrong_on_the_way(), *_wrong_in_signing(), *_wrong_on_the_way_back()]


def _is_serious() -> bool:
    return not settings.DEMO and not settings.TESTING


def _wrong_on_the_way() -> Iterator[CheckMessage]:
    if settings.EMAIL_USE_TLS and settings.EMAIL_USE_SSL:
        yield Error("EMAIL_USE_TLS (STARTTLS) and EMAIL_USE_SSL exclude each other.", id="notifications.E020")
    if normal_email(parseaddr(settings.DEFAULT_FROM_EMAIL)[1]) is None:
        yield Error("DEFAULT_FROM_EMAIL is an address, or a name and <an address>.", id="notifications.E021")
    if settings.EMAIL_CA_FILE:
        try:
            ssl.create_default_context(cafile=settings.EMAIL_CA_FILE)
        except OSError:  # ssl.SSLError is one
            yield Error("EMAIL_CA_FILE holds no certificates in PEM that can be read.", id="notifications.E022")


def _wrong_in_signing() -> Iterator[CheckMessage]:
    parts = (settings.EMAIL_DKIM_DOMAIN, settings.EMAIL_DKIM_SELECTOR, settings.EMAIL_DKIM_KEY_FILE)
    if not any(parts):
        if _is_serious():
            yield checks.Warning(
                "E-mails are not signed here (DKIM): large receivers refuse those that nobody signs.",
                hint="Set EMAIL_DKIM_*, or let the mail server sign.",
                id="notifications.W020",
            )
        return
    if not all(parts):
        yield Error("EMAIL_DKIM_DOMAIN, _SELECTOR and _KEY_FILE go together.", id="notifications.E023")
        return
    if fault := fault_of_key(Path(settings.EMAIL_DKIM_KEY_FILE)):
        yield Error(f"EMAIL_DKIM_KEY_FILE cannot sign: {fault}.", id="notifications.E024")
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()
    signer = settings.EMAIL_DKIM_DOMAIN.lower()
    if sender != signer and not sender.endswith(f".{signer}"):
        yield Error(
            "EMAIL_DKIM_DOMAIN is the domain of DEFAULT_FROM_EMAIL or one above it: receivers hold them against each"
            " other (DMARC).",
            id="notifications.E025",
        )


def _wrong_on_the_way_back() -> Iterator[CheckMessage]:
    address = settings.EMAIL_BOUNCE_ADDRESS
    if not address:
        if _is_serious():
            yield checks.Warning(
                "E-mails that come back are not read: an address that is no more looks like one that was reached"
                " (ALR-5).",
                hint="Set EMAIL_BOUNCE_ADDRESS and EMAIL_BOUNCE_SECRET or EMAIL_BOUNCE_MAILDIR.",
                id="notifications.W021",
            )
        return
    mailbox = address.partition("@")[0]
    if normal_email(address) is None or "+" in mailbox or len(mailbox) > LONGEST_MAILBOX:
        yield Error(
            f"EMAIL_BOUNCE_ADDRESS is mailbox@domain, the mailbox with at most {LONGEST_MAILBOX} characters and no +.",
            id="notifications.E026",
        )
    if settings.EMAIL_BOUNCE_SECRET and len(settings.EMAIL_BOUNCE_SECRET) < SHORTEST_SECRET:
        yield Error(f"EMAIL_BOUNCE_SECRET has at least {SHORTEST_SECRET} characters.", id="notifications.E027")
    if not settings.EMAIL_BOUNCE_SECRET and not settings.EMAIL_BOUNCE_MAILDIR:
        yield checks.Warning(
            "Nothing reads EMAIL_BOUNCE_ADDRESS: set EMAIL_BOUNCE_SECRET or EMAIL_BOUNCE_MAILDIR.",
            id="notifications.W022",
        )
