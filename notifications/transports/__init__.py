"""What a provider is to us: one call that says yes, not now or never."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, kw_only=True)
class OutgoingSms:
    """A text message on its way out; what would show in a log does not show its words."""

    delivery_id: UUID
    to: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime
    useful_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class OutgoingEmail:
    """An e-mail on its way out."""

    delivery_id: UUID
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class Accepted:
    """The provider said yes; ``provider_reference`` is its own name for the message."""

    provider_reference: str


class _Refusal(Exception):  # noqa: N818 - an answer of the provider, named for what it says
    """The provider said no; ``code`` is short and may be logged."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TemporaryFailure(_Refusal):
    """Not now: the same message may go through later."""


class FaultOfOurs(TemporaryFailure):
    """Not now, whatever the address: our account, our sender or our settings. Somebody has to repair it."""


class PermanentFailure(_Refusal):
    """Never: this address does not take this message."""


class SmsTransport(Protocol):
    """Hands text messages to a provider."""

    def send(self, message: OutgoingSms) -> Accepted:
        """Return when the provider has taken the message; raise TemporaryFailure or PermanentFailure."""
        ...


class EmailTransport(Protocol):
    """Hands e-mails to a mail server."""

    def send(self, message: OutgoingEmail) -> Accepted:
        """Return when the server has taken the message; raise TemporaryFailure or PermanentFailure."""
        ...


def sms_transport() -> SmsTransport:
    """Give the transport that the settings name."""
    transport: SmsTransport = import_string(settings.SMS_TRANSPORT)()
    return transport


def email_transport() -> EmailTransport:
    """Give the transport that the settings name."""
    transport: EmailTransport = import_string(settings.EMAIL_TRANSPORT)()
    return transport
