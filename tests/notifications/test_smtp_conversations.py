"""Conversations with the mail server: kept, replaced when they have died, encrypted, and never a second copy."""

import logging
import os
import threading
import time
from uuid import uuid4

import pytest
from cryptography import x509

from notifications.transports import FaultOfOurs, NoAnswer, OutgoingEmail, PermanentFailure, TemporaryFailure
from notifications.transports import smtp_connection as conversations
from notifications.transports.smtp_email import SmtpEmail
from tests.notifications.conftest import EMAIL
from tests.notifications.mail_server import MailServer, certificates, only_with_password


def a_mail(now):
    return OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Hej", text="Hej", at=now)


@pytest.fixture
def server_with(mail_server, settings):
    """Another server in the place of the usual one, with options of its own."""
    begun = []

    def begin(**options):
        server = MailServer(options=options)
        server.__enter__()
        begun.append(server)
        settings.EMAIL_PORT = server.port
        settings.EMAIL_TIMEOUT = 5
        return server

    yield begin
    conversations.hang_up()
    for server in begun:
        server.__exit__()


def test_one_conversation_carries_many_mails(mail_server, now):
    for _ in range(3):
        SmtpEmail().send(a_mail(now))
    assert len(mail_server.received) == 3
    assert len(mail_server.conversations) == 1


def test_a_conversation_goes_on_after_a_refused_recipient(mail_server, now):
    mail_server.rcpt.append("550 5.1.1 No such user")
    with pytest.raises(PermanentFailure):
        SmtpEmail().send(a_mail(now))
    SmtpEmail().send(a_mail(now))
    assert len(mail_server.received) == 1
    assert mail_server.recipients == [EMAIL]
    assert len(mail_server.conversations) == 1


def test_a_conversation_that_died_is_replaced_and_the_mail_goes_once(mail_server, now):
    SmtpEmail().send(a_mail(now))
    mail_server.hang_up_on_everybody()
    SmtpEmail().send(a_mail(now))
    assert len(mail_server.received) == 2
    assert len(mail_server.conversations) == 2


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
def test_a_kept_conversation_that_dies_at_the_envelope_is_replaced(mail_server, now, step):
    SmtpEmail().send(a_mail(now))
    mail_server.cuts.append(step)
    SmtpEmail().send(a_mail(now))
    assert len(mail_server.received) == 2
    assert len(mail_server.conversations) == 2


def test_a_server_that_ends_a_kept_conversation_by_the_book_is_asked_again(mail_server, now):
    SmtpEmail().send(a_mail(now))
    mail_server.mail.append("421 4.4.2 Too long silent")
    SmtpEmail().send(a_mail(now))
    assert len(mail_server.received) == 2


def test_a_new_conversation_that_dies_is_not_tried_again_at_once(mail_server, now):
    mail_server.cuts.extend(["MAIL", "MAIL"])
    with pytest.raises(TemporaryFailure, match="smtp_cut_off"):
        SmtpEmail().send(a_mail(now))
    assert mail_server.cuts == ["MAIL"]


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_kept_conversation_cut_after_the_words_never_makes_a_second_copy(mail_server, now, is_taken):
    """ALR-4: the server may have the mail; whether it is sent again is decided by who counts the copies."""
    SmtpEmail().send(a_mail(now))
    mail_server.cuts.append("DATA")
    mail_server.keeps_what_it_cuts = is_taken
    with pytest.raises(NoAnswer):
        SmtpEmail().send(a_mail(now))
    assert len(mail_server.received) == 1 + is_taken
    assert len(mail_server.conversations) == 1


@pytest.mark.parametrize("limit", ["IDLE_SECONDS", "LIFE_SECONDS", "MOST_EMAILS"])
def test_a_conversation_is_not_kept_for_ever(mail_server, now, limit, monkeypatch):
    monkeypatch.setattr(conversations, limit, 0)
    SmtpEmail().send(a_mail(now))
    SmtpEmail().send(a_mail(now))
    assert len(mail_server.conversations) == 2
    assert len(mail_server.received) == 2


def test_other_settings_begin_another_conversation(mail_server, server_with, now):
    SmtpEmail().send(a_mail(now))
    second = server_with()
    SmtpEmail().send(a_mail(now))
    assert [len(server.received) for server in (mail_server, second)] == [1, 1]


def test_every_thread_has_a_conversation_of_its_own(mail_server, now):
    both_sent = threading.Barrier(2)

    def send():
        SmtpEmail().send(a_mail(now))
        both_sent.wait(timeout=30)
        SmtpEmail().send(a_mail(now))
        conversations.hang_up()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mail_server.received) == 4
    assert len(mail_server.conversations) == 2


def test_a_forked_worker_leaves_its_parents_conversation_alone(mail_server, now):
    SmtpEmail().send(a_mail(now))
    kept = conversations.take(conversations.Server.of_settings(our_name="mitid.example"))
    kept._process = os.getpid() + 1  # as a child finds it
    conversations.keep(kept)
    SmtpEmail().send(a_mail(now))
    assert len(mail_server.conversations) == 2


def test_a_time_limit_amid_a_conversation_ends_it(mail_server, now):
    """What Celery raises may strike anywhere; the next mail must not be read as the rest of this one."""
    SmtpEmail().send(a_mail(now))
    kept = conversations.take(conversations.Server.of_settings(our_name="mitid.example"))
    real = kept.smtp.rcpt

    def strike(*_args, **_kwargs):
        kept.smtp.rcpt = real
        raise KeyboardInterrupt

    kept.smtp.rcpt = strike
    conversations.keep(kept)
    with pytest.raises(KeyboardInterrupt):
        SmtpEmail().send(a_mail(now))
    SmtpEmail().send(a_mail(now))
    assert len(mail_server.conversations) == 2
    assert len(mail_server.received) == 2


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["starttls", "implicit"])
def encrypted(request, server_with, settings, tmp_path):
    """A server that takes mails under TLS alone, in either way; the settings trust its certificate."""

    def begin(made=None):
        made = made or certificates(tmp_path)
        settings.EMAIL_CA_FILE = str(made.authority)
        if request.param == "starttls":
            settings.EMAIL_USE_TLS = True
            return server_with(tls_context=made.context, require_starttls=True)
        settings.EMAIL_USE_SSL = True
        return server_with(ssl_context=made.context)

    return begin


def test_a_mail_goes_under_tls(encrypted, now):
    server = encrypted()
    SmtpEmail().send(a_mail(now))
    SmtpEmail().send(a_mail(now))
    assert server.were_encrypted == [True, True]
    assert len(server.received) == 2


def test_a_certificate_that_nobody_vouches_for_is_refused(encrypted, now, settings, caplog):
    server = encrypted()
    settings.EMAIL_CA_FILE = ""
    with pytest.raises(FaultOfOurs, match="smtp_tls"):
        SmtpEmail().send(a_mail(now))
    assert server.received == []
    assert logging.CRITICAL in {record.levelno for record in caplog.records}


@pytest.mark.parametrize(
    "wrong", [{"is_expired": True}, {"names": [x509.DNSName("mail.somebody-else.example")]}], ids=["old", "elsewhere"]
)
def test_a_certificate_that_is_old_or_somebody_elses_is_refused(encrypted, now, tmp_path, wrong):
    server = encrypted(certificates(tmp_path, **wrong))
    with pytest.raises(FaultOfOurs, match="smtp_tls"):
        SmtpEmail().send(a_mail(now))
    assert server.received == []


def test_a_server_without_tls_is_not_used_when_tls_is_asked_for(mail_server, now, settings, caplog):
    settings.EMAIL_USE_TLS = True
    with pytest.raises(FaultOfOurs, match="smtp_not_usable"):
        SmtpEmail().send(a_mail(now))
    assert mail_server.received == []
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


@pytest.mark.parametrize(("password", "is_let_in"), [("right", True), ("wrong", False)])
def test_we_log_in_under_tls(encrypted_with_password, now, settings, password, is_let_in):
    server = encrypted_with_password
    settings.EMAIL_HOST_USER = "portal"
    settings.EMAIL_HOST_PASSWORD = password
    if is_let_in:
        SmtpEmail().send(a_mail(now))
    else:
        with pytest.raises(FaultOfOurs, match="smtp_535"):
            SmtpEmail().send(a_mail(now))
    assert len(server.received) == is_let_in


@pytest.fixture
def encrypted_with_password(server_with, settings, tmp_path):
    made = certificates(tmp_path)
    settings.EMAIL_CA_FILE = str(made.authority)
    settings.EMAIL_USE_TLS = True
    return server_with(
        tls_context=made.context,
        require_starttls=True,
        auth_required=True,
        authenticator=only_with_password(b"portal", b"right"),
    )


def test_a_conversation_under_tls_that_died_is_replaced(encrypted, now):
    server = encrypted()
    SmtpEmail().send(a_mail(now))
    server.hang_up_on_everybody()
    SmtpEmail().send(a_mail(now))
    assert len(server.received) == 2


def test_a_thread_that_ends_leaves_no_open_socket(mail_server, now):
    thread = threading.Thread(target=lambda: SmtpEmail().send(a_mail(now)))
    thread.start()
    thread.join()
    deadline = time.monotonic() + 30
    while not all(transport.is_closing() for transport in mail_server.conversations) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert all(transport.is_closing() for transport in mail_server.conversations)
