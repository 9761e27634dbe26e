"""E-mail over real SMTP: what arrives, and what becomes of what does not."""

import logging
import socket
import threading
from uuid import uuid4

import pytest
from django.db import transaction

from notifications.messages import IdentityIssued
from notifications.return_path import SentEmail, email_of
from notifications.states import Language
from notifications.steps import enqueue
from notifications.transports import FaultOfOurs, NoAnswer, OutgoingEmail, PermanentFailure, TemporaryFailure
from notifications.transports import smtp_connection as conversations
from notifications.transports.smtp_email import SmtpEmail
from notifications.usecases.deliver import deliver
from tests.notifications.conftest import EMAIL, email_address

BODY = "Hej\n\nDit bruger-ID kan ændres.\n.\nFra en linje med et punktum.\n"


@pytest.fixture
def mail(now):
    return OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Afventende ændring", text=BODY, at=now)


def text_of(received, subtype="plain"):
    part = received.get_body(preferencelist=(subtype,))
    return part.get_content().replace("\r\n", "\n")


def test_a_mail_arrives_whole_and_says_that_a_machine_wrote_it(mail_server, mail):
    accepted = SmtpEmail().send(mail)
    (received,) = mail_server.received
    assert mail_server.recipients == [EMAIL]
    assert received["Subject"] == "Afventende ændring"
    assert received["To"] == EMAIL
    assert received["From"] == "no-reply@mitid.example"
    assert received["Date"].datetime == mail.at.replace(microsecond=0)
    assert received["Message-ID"] == f"<{mail.delivery_id}@mitid.example>"
    assert accepted.provider_reference == f"{mail.delivery_id}.{mail.attempt}"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["Content-Language"] == "da"
    assert text_of(received) == BODY


def test_a_mail_is_text_first_and_the_same_in_html(mail_server, mail):
    SmtpEmail().send(mail)
    (received,) = mail_server.received
    assert received.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in received.iter_parts()] == ["text/plain", "text/html"]
    assert "Dit bruger-ID kan ændres." in text_of(received, "html")


def test_no_line_needs_more_than_seven_bits(mail_server, mail):
    """What a server on the way would otherwise write anew, and break the signature by it."""
    SmtpEmail().send(mail)
    (raw,) = mail_server.raw
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_an_alert_offers_no_way_out_of_the_list(mail_server, mail):
    SmtpEmail().send(mail)
    (received,) = mail_server.received
    assert not [name for name in received if name.lower().startswith("list-") or name.lower() == "precedence"]


def test_the_return_path_names_the_delivery(mail_server, mail, settings):
    settings.EMAIL_BOUNCE_ADDRESS = "bounces@mail.mitid.example"
    SmtpEmail().send(mail)
    (sender,) = mail_server.senders
    assert email_of(sender) == SentEmail(mail.delivery_id, mail.attempt)
    assert sender.startswith("bounces+")
    assert sender.endswith("@mail.mitid.example")
    assert len(sender.partition("@")[0]) <= 64


def test_without_a_mailbox_for_bounces_the_sender_gets_them(mail_server, mail):
    SmtpEmail().send(mail)
    assert mail_server.senders == ["no-reply@mitid.example"]


def test_a_copy_has_the_same_message_id(mail_server, mail):
    SmtpEmail().send(mail)
    SmtpEmail().send(mail)
    assert len({received["Message-ID"] for received in mail_server.received}) == 1


@pytest.mark.parametrize("language", Language)
def test_a_mail_says_its_language(mail_server, now, language):
    SmtpEmail().send(OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Hej", text="Hej", at=now, language=language))
    (received,) = mail_server.received
    assert received["Content-Language"] == language
    assert f'<html lang="{language}">' in text_of(received, "html")


@pytest.mark.django_db
@pytest.mark.parametrize("language", Language)
def test_an_alert_goes_out_in_its_citizens_language(mail_server, now, language):
    """ALR-3: a reader of screens must know it, so the HTML says it as well."""
    with transaction.atomic():
        (delivery_id,) = enqueue(
            message=IdentityIssued(at=now), addresses=[email_address()], language=language, reference=uuid4(), now=now
        )
    deliver(delivery_id=delivery_id, now=now)
    (received,) = mail_server.received
    assert received["Content-Language"] == language
    assert f'<html lang="{language}">' in text_of(received, "html")


@pytest.mark.parametrize("reply", ["450 4.2.0 Greylisted", "451 4.7.1 Try again", "452 4.2.2 Mailbox full"])
@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_a_four_hundred_is_temporary(mail_server, mail, step, reply):
    getattr(mail_server, step).append(reply)
    with pytest.raises(TemporaryFailure, match=f"^smtp_{reply[:3]}$"):
        SmtpEmail().send(mail)
    assert mail_server.received == []


def test_what_was_greylisted_goes_through_later_and_once(mail_server, mail):
    mail_server.rcpt.append("451 4.7.1 Greylisted, come back in five minutes")
    with pytest.raises(TemporaryFailure):
        SmtpEmail().send(mail)
    SmtpEmail().send(mail)
    assert len(mail_server.received) == 1


@pytest.mark.parametrize("reply", ["550 5.1.1 No such user", "552 5.2.2 Too big", "554 Refused"])
@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_a_five_hundred_is_permanent(mail_server, mail, step, reply):
    getattr(mail_server, step).append(reply)
    with pytest.raises(PermanentFailure, match=f"^smtp_{reply[:3]}$"):
        SmtpEmail().send(mail)
    assert mail_server.received == []


@pytest.mark.parametrize("reply", ["554 5.7.1 Relay access denied", "550 5.7.1 You are on a list", "530 Log in first"])
@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_a_refusal_by_policy_gives_up_no_address(mail_server, mail, step, reply, caplog):
    """ALR-4: it may be us who are not wanted; for all of a country's addresses at once."""
    getattr(mail_server, step).append(reply)
    with pytest.raises(TemporaryFailure, match=f"^smtp_policy_{reply[:3]}$") as raised:
        SmtpEmail().send(mail)
    assert not isinstance(raised.value, FaultOfOurs)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_refused_sender_is_ours_to_repair_and_shouted(mail_server, mail, caplog):
    mail_server.mail.append("550 5.7.1 Not you")
    with pytest.raises(FaultOfOurs, match="smtp_550"):
        SmtpEmail().send(mail)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_a_connection_cut_after_the_words_is_a_question_nobody_answers(mail_server, mail):
    mail_server.cuts.append("DATA")
    with pytest.raises(NoAnswer, match="smtp_unanswered"):
        SmtpEmail().send(mail)


def test_a_server_that_ends_the_conversation_at_the_last_word_has_not_taken_the_mail(mail_server, mail):
    mail_server.data.append("421 4.3.2 Shutting down")
    with pytest.raises(TemporaryFailure, match="smtp_421") as raised:
        SmtpEmail().send(mail)
    assert not isinstance(raised.value, NoAnswer)


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


def speak(lines):
    """Start a server that says these lines, one to each of ours, and nothing after; give it and its thread."""
    server = socket.create_server(("127.0.0.1", 0))

    def talk():
        connection, _address = server.accept()
        with connection, connection.makefile("rb") as heard:
            for line in lines:
                connection.sendall(line)
                heard.readline()

    thread = threading.Thread(target=talk)
    thread.start()
    return server, thread


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "smtp_cut_off|smtp_unreachable"),
        ([b"554 no service here\r\n"], "smtp_554"),
        ([b"450 later\r\n"], "smtp_450"),
        ([b"nonsense\r\n"], "smtp_-1|smtp_cut_off"),
        ([b"220 hello\r\n", b"250 hello\r\n", b"nonsense\r\n"], "smtp_cut_off"),
        ([b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b""], "smtp_unanswered"),
        ([b"220 hello\r\n", b"250 hello\r\n", b"250 " + b"x" * 9000 + b"\r\n"], "smtp_500|smtp_cut_off"),
    ],
)
def test_a_server_that_talks_nonsense_gives_up_nothing(mail_server, mail, settings, lines, code):
    server, thread = speak(lines)
    with server:
        settings.EMAIL_PORT = server.getsockname()[1]
        with pytest.raises(TemporaryFailure, match=f"^({code})$"):
            SmtpEmail().send(mail)
        thread.join()


def test_a_subject_that_would_begin_another_header_is_not_sent(mail_server, now):
    mail = OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Hej\r\nBcc: all@example.dk", text="Hej", at=now)
    with pytest.raises(TemporaryFailure, match="email_not_made"):
        SmtpEmail().send(mail)
    assert mail_server.received == []


def test_nothing_personal_is_logged(mail_server, mail, caplog):
    caplog.set_level(logging.DEBUG)
    mail_server.rcpt.append(f"550 5.1.1 <{EMAIL}> unknown")
    with pytest.raises(PermanentFailure):
        SmtpEmail().send(mail)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("notifications")]
    assert not any(EMAIL in line for line in ours)
    assert EMAIL not in repr(mail)
    assert "secret" not in repr(
        conversations.Server(
            host="h", port=1, user="u", password="secret", starttls=True, implicit_tls=False, authorities="",
            timeout_seconds=1, our_name="n",
        )
    )  # fmt: skip
