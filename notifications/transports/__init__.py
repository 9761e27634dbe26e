"""What a provider is to us: it says yes, not now or never, and may be asked afterwards what became of a message."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.states import Language, ReportStatus


@dataclass(frozen=True, kw_only=True)
class OutgoingSms:
    """A text message on its way out; what would show in a log does not show its words.

    ``attempt`` counts from 1 and tells this try of the delivery from the ones before.
    """

    delivery_id: UUID
    to: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime
    attempt: int = 1
    useful_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class OutgoingEmail:
    """An e-mail on its way out."""

    delivery_id: UUID
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime
    attempt: int = 1
    language: Language = Language.DA


@dataclass(frozen=True)
class Accepted:
    """The provider said yes; ``provider_reference`` is its own name for the message.

    Units: ``cost_micro`` in millionths of ``currency`` (ISO 4217), positive; None while it is not known.
    """

    provider_reference: str
    segments: int | None = None
    cost_micro: int | None = None
    currency: str = ""


@dataclass(frozen=True)
class ProviderReport:
    """What a provider says of a message that it took before; ``code`` is short and may be logged.

    Units: as ``Accepted``.
    """

    status: ReportStatus
    code: str = ""
    segments: int | None = None
    cost_micro: int | None = None
    currency: str = ""


class _Refusal(Exception):  # noqa: N818 - an answer of the provider, named for what it says
    """The provider said no; ``code`` is short and may be logged."""

    leaves_doubt: ClassVar[bool] = False
    """Whether the message may have gone out all the same."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TemporaryFailure(_Refusal):
    """Not now: the same message may go through later; not before ``wait_for``, where the provider asks for that."""

    def __init__(self, code: str, *, wait_for: timedelta = timedelta()) -> None:
        super().__init__(code)
        self.wait_for = wait_for


class NoAnswer(TemporaryFailure):
    """The request went out and nobody can say what became of it: the next try looks it up first (ALR-4).

    A time-out after the connection stood, a cut connection, half a reply, a yes that cannot be read, a 5xx of a
    gateway.
    """

    leaves_doubt = True


class FaultOfOurs(TemporaryFailure):
    """Not now, whatever the address: our account, our sender or our settings. Somebody has to repair it."""


class RefusedHere(TemporaryFailure):
    """Not by this provider, which is well and does not serve this number or these words; another may."""


class BrokenTransport(NoAnswer):
    """A transport of ours failed, before or after it asked; perhaps at this message alone, which then has an end."""


class PermanentFailure(_Refusal):
    """Never: this address does not take this message."""


class SmsTransport(Protocol):
    """Hands text messages to a provider.

    ``name`` is the short code that rows and pages know the provider by: lower-case letters, at most 16.
    ``gives_receipts``: whether the provider will tell, or can be asked, what became of a message it took.
    """

    name: str
    gives_receipts: bool

    def send(self, message: OutgoingSms) -> Accepted:
        """Return when the provider has taken the message; raise TemporaryFailure or PermanentFailure."""
        ...

    def find(self, message: OutgoingSms, *, since: datetime, is_taken: Callable[[str], bool]) -> Accepted | None:
        """Tell whether an earlier attempt at this delivery got through; None when it certainly did not.

        ``is_taken`` tells of a provider reference that it is another delivery's: two people under one number may be
        sent the same words.

        Raises: TemporaryFailure when it cannot be told.
        """
        ...

    def report_of(self, provider_reference: str) -> ProviderReport | None:
        """Ask what became of a message; None when the provider does not know it.

        Raises: TemporaryFailure.
        """
        ...


class EmailTransport(Protocol):
    """Hands e-mails to a mail server, which can be asked nothing afterwards: bounces come by themselves."""

    name: str
    gives_receipts: bool

    def send(self, message: OutgoingEmail) -> Accepted:
        """Return when the server has taken the message; raise TemporaryFailure or PermanentFailure."""
        ...


def sms_transports() -> list[SmsTransport]:
    """Give the transports that the settings name, the preferred one first."""
    return [import_string(path)() for path in settings.SMS_TRANSPORTS]


def has_other_sms_provider() -> bool:
    """Tell whether the settings name more than one provider of text messages."""
    return len(settings.SMS_TRANSPORTS) > 1


def sms_transport_named(name: str) -> SmsTransport | None:
    """Give the transport of that name, or None when the settings no longer have it."""
    return next((transport for transport in sms_transports() if transport.name == name), None)


def email_transport() -> EmailTransport:
    """Give the transport that the settings name."""
    transport: EmailTransport = import_string(settings.EMAIL_TRANSPORT)()
    return transport
