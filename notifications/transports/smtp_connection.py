"""One conversation with the mail server, kept open from e-mail to e-mail; each thread has its own."""

import contextlib
import os
import smtplib
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import Final, Self

from django.conf import settings

IDLE_SECONDS: Final = 60.0  # servers hang up after five minutes (RFC 5321 section 4.5.3.2.7), many a one sooner
LIFE_SECONDS: Final = 600.0  # so that a change of the server's address or certificate is seen
MOST_EMAILS: Final = 100  # servers limit how many they take in one conversation


@dataclass(frozen=True)
class Server:
    """Where the mail server is, and how we come to it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    starttls: bool
    implicit_tls: bool
    authorities: str
    timeout_seconds: float
    our_name: str

    @classmethod
    def of_settings(cls, *, our_name: str) -> Self:
        """Read the ``EMAIL_*`` settings."""
        return cls(
            host=settings.EMAIL_HOST,
            port=settings.EMAIL_PORT,
            user=settings.EMAIL_HOST_USER,
            password=settings.EMAIL_HOST_PASSWORD,
            starttls=settings.EMAIL_USE_TLS,
            implicit_tls=settings.EMAIL_USE_SSL,
            authorities=settings.EMAIL_CA_FILE,
            timeout_seconds=settings.EMAIL_TIMEOUT,
            our_name=our_name,
        )


class Connection:
    """An open conversation. A worker that was forked has nothing to do with its parent's."""

    def __init__(self, server: Server) -> None:
        """Connect, under TLS when the settings say so, and log in; the certificate is verified for the server's name.

        Raises: smtplib.SMTPException, OSError (ssl.SSLError is one).
        """
        self.server = server
        self.emails = 0
        self._process = os.getpid()
        self._opened_at = self._used_at = time.monotonic()
        self.smtp = _dial(server)

    def is_fit(self, server: Server) -> bool:
        """Tell whether the next e-mail to ``server`` may go through this conversation."""
        now = time.monotonic()
        return (
            self.server == server
            and self._process == os.getpid()
            and now - self._used_at < IDLE_SECONDS
            and now - self._opened_at < LIFE_SECONDS
            and self.emails < MOST_EMAILS
        )

    def note_use(self) -> None:
        """Count an e-mail."""
        self.emails += 1
        self._used_at = time.monotonic()

    def close(self) -> None:
        """Hang up without waiting for the server's goodbye; a parent's conversation goes on without us."""
        if self._process == os.getpid():
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.smtp.putcmd("QUIT")
        self.smtp.close()

    def drop(self) -> None:
        """Hang up amid a sentence."""
        self.smtp.close()

    def __del__(self) -> None:
        """Leave no open socket behind a thread that has ended."""
        if hasattr(self, "smtp"):
            self.smtp.close()


def _dial(server: Server) -> smtplib.SMTP:
    trusted = ssl.create_default_context(cafile=server.authorities or None)
    smtp: smtplib.SMTP
    if server.implicit_tls:
        smtp = smtplib.SMTP_SSL(
            server.host,
            server.port,
            local_hostname=server.our_name,
            timeout=server.timeout_seconds,
            context=trusted,
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, local_hostname=server.our_name, timeout=server.timeout_seconds)
    try:
        if server.starttls:
            smtp.starttls(context=trusted)
        if server.user:
            smtp.login(server.user, server.password)
        smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


_kept = threading.local()


def take(server: Server) -> Connection | None:
    """Give this thread's open conversation with ``server``, which is the caller's until it is kept again."""
    connection: Connection | None = getattr(_kept, "connection", None)
    _kept.connection = None
    if connection is None or connection.is_fit(server):
        return connection
    connection.close()
    return None


def keep(connection: Connection) -> None:
    """Leave a conversation that is between two e-mails for this thread's next one."""
    connection.note_use()
    _kept.connection = connection


def hang_up() -> None:
    """End this thread's conversation."""
    connection: Connection | None = getattr(_kept, "connection", None)
    _kept.connection = None
    if connection is not None:
        connection.close()
