"""A real SMTP server (aiosmtpd) whose replies a test may script."""

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mitid_portal.embedded.valkey import free_port

NAMES = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]


@dataclass
class MailServer:
    """``received`` is what the mailbox has; ``rcpt`` and ``data`` override the next replies.

    ``cuts`` names the next steps at which the server hangs up: MAIL, RCPT, DATA (before the go-ahead is of use to
    anybody: with the words in its hands).
    """

    received: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    mail: list[str] = field(default_factory=list)
    cuts: list[str] = field(default_factory=list)
    conversations: list[Any] = field(default_factory=list)
    were_encrypted: list[bool] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    keeps_what_it_cuts: bool = False
    answers_after_seconds: float = 0.0  # with the e-mail in the mailbox
    port: int = 0

    def __enter__(self) -> Self:
        self.port = free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10, **self.options)
        self.controller.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.controller.stop()

    def hang_up_on_everybody(self) -> None:
        """End every conversation, as a server does that is started anew."""
        ended = asyncio.run_coroutine_threadsafe(self._abort_all(), self.controller.loop)
        ended.result(timeout=10)

    async def _abort_all(self) -> None:
        for transport in self.conversations:
            transport.abort()

    def _is_cut(self, step: str, server: SMTP) -> bool:
        if self.cuts[:1] != [step]:
            return False
        self.cuts.pop(0)
        transport: Any = server.transport
        transport.abort()
        return True

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if server.transport not in self.conversations:
            self.conversations.append(server.transport)
        return responses

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._is_cut("MAIL", server):
            return "421 gone"
        if self.mail:
            return self.mail.pop(0)
        envelope.mail_from = address
        transport: Any = server.transport
        self.were_encrypted.append(transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._is_cut("RCPT", server):
            return "421 gone"
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        is_cut = self._is_cut("DATA", server)
        if is_cut and not self.keeps_what_it_cuts:
            return "421 gone"
        if self.data:
            return self.data.pop(0)
        content: Any = envelope.original_content or b""
        self.raw.append(content)
        self.received.append(message_from_bytes(content, policy=policy.default))
        self.recipients.extend(envelope.rcpt_tos)
        self.senders.append(envelope.mail_from or "")
        await asyncio.sleep(self.answers_after_seconds)
        return "250 Accepted"


@dataclass(frozen=True)
class Certificates:
    """A server's certificate of its own making; ``authority`` is the file by which a client trusts it."""

    authority: Path
    context: ssl.SSLContext


def certificates(
    folder: Path, *, is_expired: bool = False, names: list[x509.GeneralName] | None = None
) -> Certificates:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail server of a test")])
    today = datetime.now(tz=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=10))
        .not_valid_after(today + timedelta(days=-1 if is_expired else 1))
        .add_extension(x509.SubjectAlternativeName(names or NAMES), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority, both = folder / "authority.pem", folder / "server.pem"
    authority.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    both.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + authority.read_bytes()
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(both)
    return Certificates(authority=authority, context=context)


def only_with_password(user: bytes, password: bytes) -> Any:
    """Give aiosmtpd's authenticator that lets one user in."""

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object
    ) -> AuthResult:
        return AuthResult(
            success=isinstance(login, LoginPassword) and (login.login, login.password) == (user, password),
            handled=False,
        )

    return authenticate
