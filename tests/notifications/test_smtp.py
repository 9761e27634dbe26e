"""E-mail over real SMTP."""

import logging
import socket
import threading
from uuid import uuid4

import pytest

from notifications.transports import FaultOfOurs, OutgoingEmail, PermanentFailure, TemporaryFailure
from notifications.transports.smtp_email import SmtpEmail
from tests.notifications.conftest import EMAIL

BODY = "Hej\n\nDit bruger-ID kan ændres.\n.\nFra en linje med et punktum.\n"


@pytest.fixture
def mail(now):
    return OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Afventende ændring", text=BODY, at=now)


def test_a_mail_arrives_whole_and_says_that_a_machine_wrote_it(mail_server, mail):
    accepted = SmtpEmail().send(mail)
    (received,) = mail_server.received
    assert mail_server.recipients == [EMAIL]
    assert received["Subject"] == "Afventende ændring"
    assert received["Message-ID"] == accepted.provider_reference == f"<{mail.delivery_id}@mitid.example>"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received.get_content_type() == "text/plain"
    assert received.get_content().replace("\r\n", "\n").rstrip() == BODY.rstrip()


def test_a_copy_has_the_same_message_id(mail_server, mail):
    SmtpEmail().send(mail)
    SmtpEmail().send(mail)
    assert len({received["Message-ID"] for received in mail_server.received}) == 1


@pytest.mark.parametrize("reply", ["450 4.2.0 Greylisted", "451 4.7.1 Try again", "452 4.2.2 Mailbox full"])
@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_a_four_hundred_is_temporary(mail_server, mail, step, reply):
    getattr(mail_server, step).append(reply)
    with pytest.raises(TemporaryFailure, match=f"^smtp_{reply[:3]}$"):
        SmtpEmail().send(mail)
    assert mail_server.received == []


@pytest.mark.parametrize("reply", ["550 5.1.1 No such user", "552 5.2.2 Too big", "554 5.7.1 Refused"])
@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_a_five_hundred_is_permanent(mail_server, mail, step, reply):
    getattr(mail_server, step).append(reply)
    with pytest.raises(PermanentFailure, match=f"^smtp_{reply[:3]}$"):
        SmtpEmail().send(mail)
    assert mail_server.received == []


def test_a_refused_sender_is_ours_to_repair_and_shouted(mail_server, mail, caplog):
    mail_server.mail.append("550 5.7.1 Not you")
    with pytest.raises(FaultOfOurs, match="smtp_550"):
        SmtpEmail().send(mail)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_a_connection_cut_after_the_words_is_temporary(mail_server, mail):
    mail_server.cuts_after_data = 1
    with pytest.raises(TemporaryFailure, match="smtp_cut_off"):
        SmtpEmail().send(mail)


def test_a_server_that_is_not_there_is_temporary(mail_server, mail, settings):
    settings.EMAIL_PORT = 1
    with pytest.raises(TemporaryFailure, match="smtp_unreachable"):
        SmtpEmail().send(mail)


def test_a_server_that_says_nothing_is_temporary(mail_server, mail, settings):
    settings.EMAIL_TIMEOUT = 0.3
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_PORT = silent.getsockname()[1]
        with pytest.raises(TemporaryFailure, match="smtp_cut_off"):
            SmtpEmail().send(mail)


def test_a_server_that_hangs_up_on_us_is_temporary(mail_server, mail, settings):
    with socket.create_server(("127.0.0.1", 0)) as rude:
        settings.EMAIL_PORT = rude.getsockname()[1]

        def hang_up():
            rude.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(TemporaryFailure, match=r"smtp_(cut_off|unreachable)"):
            SmtpEmail().send(mail)
        thread.join()


def test_a_server_without_tls_is_not_used_when_tls_is_asked_for(mail_server, mail, settings, caplog):
    settings.EMAIL_USE_TLS = True
    with pytest.raises(FaultOfOurs, match="smtp_not_usable"):
        SmtpEmail().send(mail)
    assert mail_server.received == []
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_nothing_personal_is_logged(mail_server, mail, caplog):
    caplog.set_level(logging.DEBUG)
    mail_server.rcpt.append(f"550 5.1.1 <{EMAIL}> unknown")
    with pytest.raises(PermanentFailure):
        SmtpEmail().send(mail)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("notifications")]
    assert not any(EMAIL in line for line in ours)
