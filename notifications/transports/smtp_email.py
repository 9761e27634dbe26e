"""E-mail through a mail server, with Django's own backend."""

import contextlib
import logging
import smtplib
from email.utils import parseaddr
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from notifications.transports import Accepted, FaultOfOurs, OutgoingEmail, PermanentFailure, TemporaryFailure

logger = logging.getLogger(__name__)

FIRST_PERMANENT_REPLY: Final = 500  # RFC 5321 section 4.2.1


class SmtpEmail:
    """Sends through the server that the ``EMAIL_*`` settings name, whatever backend Django itself is told to use."""

    def send(self, message: OutgoingEmail) -> Accepted:
        """Return when the server has taken the message.

        The Message-ID comes from the delivery, so that a copy sent again after a lost yes is known for one.

        Raises: PermanentFailure when the server refuses the recipient or the message for good; FaultOfOurs when
                it does not take us; TemporaryFailure.
        """
        message_id = f"<{message.delivery_id}@{_own_domain()}>"
        server = EmailBackend(fail_silently=False)
        email = EmailMessage(
            subject=message.subject,
            body=message.text,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[message.to],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
            connection=server,
        )
        try:
            email.send()
        except smtplib.SMTPRecipientsRefused as refused:
            (code, _words), *_ = refused.recipients.values()
            raise _failure(code) from None
        except smtplib.SMTPDataError as refused:
            raise _failure(refused.smtp_code) from None
        except smtplib.SMTPResponseException as refused:
            # The greeting, STARTTLS, the log-in or the sender: ours to repair, not this recipient's.
            logger.critical("The mail server refuses us with %s: e-mails do not go out.", refused.smtp_code)
            raise _failure_of_ours(refused.smtp_code) from None
        except smtplib.SMTPServerDisconnected:
            raise TemporaryFailure("smtp_cut_off") from None
        except smtplib.SMTPException as fault:
            logger.critical("The mail server cannot be used: %s.", type(fault).__name__)
            raise FaultOfOurs("smtp_not_usable") from None
        except TimeoutError:
            raise TemporaryFailure("smtp_timeout") from None
        except OSError:
            raise TemporaryFailure("smtp_unreachable") from None
        finally:
            # Django leaves the connection open when the server refuses TLS or the log-in.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.close()
        return Accepted(message_id)


def _failure(code: int) -> PermanentFailure | TemporaryFailure:
    return PermanentFailure(_name(code)) if code >= FIRST_PERMANENT_REPLY else TemporaryFailure(_name(code))


def _failure_of_ours(code: int) -> TemporaryFailure:
    return FaultOfOurs(_name(code)) if code >= FIRST_PERMANENT_REPLY else TemporaryFailure(_name(code))


def _name(code: int) -> str:
    return f"smtp_{code}"


def _own_domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
