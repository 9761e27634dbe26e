"""E-mail through a mail server (RFC 5321), under TLS, in conversations that stay open."""

import logging
import re
import smtplib
import ssl
import time
from email.utils import parseaddr
from typing import ClassVar, Final

import dkim
from django.conf import settings

from notifications.return_path import SentEmail, return_path_of
from notifications.transports import (
    Accepted,
    FaultOfOurs,
    NoAnswer,
    OutgoingEmail,
    PermanentFailure,
    TemporaryFailure,
)
from notifications.transports import smtp_connection as conversations
from notifications.transports.email_content import own_domain, wire_form
from notifications.transports.smtp_connection import Connection, Server

logger = logging.getLogger(__name__)

FIRST_PERMANENT_REPLY: Final = 500  # section 4.2.1
CLOSING: Final = 421  # section 4.2.3: the server ends the conversation, whatever was asked
NOT_A_REPLY: Final = -1  # smtplib's word for a line that does not begin with a number
OK: Final = 250
SHARE_BEFORE_THE_WORDS: Final = 0.7  # of the lease; the time for the answer comes on top
OK_FORWARDED: Final = 251
GO_AHEAD: Final = 354
LOG_IN_FIRST: Final = frozenset({530, 534, 535, 538})  # RFC 4954 section 6
_LEADING_STOP: Final = re.compile(rb"^\.", re.MULTILINE)
_POLICY_REFUSAL: Final = re.compile(rb"^5\.7\.\d+\b")  # RFC 3463 section 3.8


class _CutOff(Exception):  # noqa: N818 - what happened, and before anything was handed over
    """The conversation ended before the server was given an e-mail: another may be begun without a second copy."""


class _Slow(TemporaryFailure):
    """The server waits for the words and is not given them: the conversation is of no more use."""


class SmtpEmail:
    """Sends through the server that the ``EMAIL_*`` settings name, whatever backend Django itself is told to use."""

    name: ClassVar[str] = "smtp"
    gives_receipts: ClassVar[bool] = False

    def send(self, message: OutgoingEmail) -> Accepted:
        """Return when the server has taken the message.

        A conversation that was kept open and has died meanwhile is noticed before the e-mail's first byte, and
        replaced. One that is cut off later is not: the server may have the e-mail.

        A server that was slow to come to the words is not given them any more: the lease might end before its answer.

        Raises: PermanentFailure when the server refuses the recipient or the message for good; FaultOfOurs when
                it does not take us; NoAnswer when it was cut off with the e-mail in its hands; TemporaryFailure.
        """
        end = time.monotonic() + settings.DELIVERY_LEASE_FOR.total_seconds() * SHARE_BEFORE_THE_WORDS
        raw = _made(message)
        email = SentEmail(message.delivery_id, message.attempt)
        sender = return_path_of(email) or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        server = Server.of_settings(our_name=own_domain())
        kept = conversations.take(server)
        try:
            if kept is not None:
                try:
                    _hand_over(kept, sender, message.to, raw, end=end)
                    return Accepted(email.reference)
                except _CutOff:
                    logger.info("The mail server had ended the conversation: another is begun.")
            _hand_over(_connected(server), sender, message.to, raw, end=end)
        except _CutOff:
            raise TemporaryFailure("smtp_cut_off") from None
        return Accepted(email.reference)


def _made(message: OutgoingEmail) -> bytes:
    """Make the e-mail; what keeps it from being made leaves no doubt, for nothing was begun."""
    try:
        return wire_form(message)
    except (OSError, dkim.DKIMException) as fault:
        logger.critical("E-mails cannot be signed: %s.", type(fault).__name__)
        raise FaultOfOurs("dkim_not_usable") from None
    except ValueError:
        logger.critical("Delivery %s makes no e-mail.", message.delivery_id)
        raise TemporaryFailure("email_not_made") from None  # this one alone: it has an end


def _connected(server: Server) -> Connection:
    try:
        return Connection(server)
    except smtplib.SMTPResponseException as refused:  # the greeting, STARTTLS or the log-in: ours to repair
        raise _failure_of_ours(refused.smtp_code) from None
    except smtplib.SMTPServerDisconnected:
        raise TemporaryFailure("smtp_cut_off") from None
    except smtplib.SMTPException as fault:
        logger.critical("The mail server cannot be used: %s.", type(fault).__name__)
        raise FaultOfOurs("smtp_not_usable") from None
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        raise TemporaryFailure("smtp_cut_off") from None
    except ssl.SSLError as fault:
        logger.critical("No TLS with the mail server: %s.", fault.reason)
        raise FaultOfOurs("smtp_tls") from None
    except TimeoutError:
        raise TemporaryFailure("smtp_timeout") from None
    except OSError:
        raise TemporaryFailure("smtp_unreachable") from None


def _hand_over(connection: Connection, sender: str, to: str, raw: bytes, *, end: float) -> None:
    is_between_emails = False
    try:
        _envelope(connection.smtp, sender, to)
        if time.monotonic() >= end:
            raise _Slow("smtp_slow")
        _words(connection.smtp, raw)
        is_between_emails = True
    except (PermanentFailure, TemporaryFailure) as failure:
        is_between_emails = not isinstance(failure, NoAnswer | _Slow) and _is_reset(connection.smtp)
        raise
    finally:
        # Whatever else ends this, a time limit above all, leaves the conversation amid a sentence.
        if is_between_emails:
            conversations.keep(connection)
        else:
            connection.drop()


def _envelope(smtp: smtplib.SMTP, sender: str, to: str) -> None:
    """Say from whom, to whom, and that the words come: nothing is handed over yet."""
    try:
        code, said = _unless_it_ends(smtp.mail(sender))
        if code != OK:
            raise _failure_of_ours(code)
        code, said = _unless_it_ends(smtp.rcpt(to))
        if code not in {OK, OK_FORWARDED}:
            raise _failure(code, said)
        code, said = _unless_it_ends(smtp.docmd("DATA"))
        if code != GO_AHEAD:
            raise _failure(code, said)
    except (smtplib.SMTPServerDisconnected, OSError):
        raise _CutOff from None
    except smtplib.SMTPResponseException as garbled:  # a line without end
        raise _failure_of_ours(garbled.smtp_code) from None


def _unless_it_ends(answer: tuple[int, bytes]) -> tuple[int, bytes]:
    if answer[0] in {CLOSING, NOT_A_REPLY}:
        raise _CutOff
    return answer


def _words(smtp: smtplib.SMTP, raw: bytes) -> None:
    """Hand over the e-mail; from its first byte on nobody can say what the server has, until it answers."""
    try:
        smtp.send(_LEADING_STOP.sub(b"..", raw) + b".\r\n")  # section 4.5.2
        code, said = _answer_to_the_words(smtp)
    except (smtplib.SMTPException, OSError):
        raise NoAnswer("smtp_unanswered") from None
    if code == NOT_A_REPLY:
        raise NoAnswer("smtp_unanswered")
    if code != OK:
        raise _failure(code, said)


def _answer_to_the_words(smtp: smtplib.SMTP) -> tuple[int, bytes]:
    """Wait longer than for other answers: a server may look into the e-mail first (section 4.5.3.2.6)."""
    _be_patient(smtp, settings.EMAIL_ANSWER_SECONDS)
    answer = smtp.getreply()
    _be_patient(smtp, settings.EMAIL_TIMEOUT)
    return answer


def _be_patient(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _is_reset(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.rset()[0] == OK
    except (smtplib.SMTPException, OSError):
        return False


def _failure(code: int, said: bytes) -> PermanentFailure | TemporaryFailure:
    if code < FIRST_PERMANENT_REPLY:
        return TemporaryFailure(_name(code))
    if code in LOG_IN_FIRST or _POLICY_REFUSAL.match(said):
        # It may be us whom the server does not want (it relays nothing for us, we are on a list), and the address is
        # good. Not FaultOfOurs: it may be this recipient's server alone, and then another channel must have its turn.
        logger.error("A mail server refuses an e-mail by its policy, with %d.", code)
        return TemporaryFailure(f"smtp_policy_{code}")
    return PermanentFailure(_name(code))


def _failure_of_ours(code: int) -> TemporaryFailure:
    if code < FIRST_PERMANENT_REPLY:
        return TemporaryFailure(_name(code))
    logger.critical("The mail server refuses us with %s: e-mails do not go out.", code)
    return FaultOfOurs(_name(code))


def _name(code: int) -> str:
    return f"smtp_{code}"
