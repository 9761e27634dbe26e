"""The signature of our domain under every e-mail (RFC 6376), verified as a receiver does."""

import os
import re
import time
from base64 import b64encode
from uuid import uuid4

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from notifications.transports import OutgoingEmail
from notifications.transports.dkim_signing import fault_of_key
from notifications.transports.email_content import wire_form
from notifications.transports.smtp_email import SmtpEmail
from tests.notifications.conftest import EMAIL

ONE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
TEXT = "Hej\n\nDit bruger-ID kan ændres.  \n.\nFra en linje med et punktum.\n\n\nMitID\n"


def pem(key, how=None, form=PrivateFormat.PKCS8):
    return key.private_bytes(Encoding.PEM, form, how or NoEncryption())


def write(path, content, mode=0o600):
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.fixture
def key_file(settings, tmp_path):
    settings.EMAIL_DKIM_DOMAIN = "mitid.example"
    settings.EMAIL_DKIM_SELECTOR = "autumn2026"
    path = write(tmp_path / "dkim.pem", pem(ONE))
    settings.EMAIL_DKIM_KEY_FILE = str(path)
    return path


def names_of(key):
    """Give a domain name system that knows one public key, as dkimpy asks it."""
    published = b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def look_up(name, timeout=5):
        return b"v=DKIM1; k=rsa; p=" + published if name == b"autumn2026._domainkey.mitid.example." else None

    return look_up


def is_verified(raw, key=ONE):
    return dkim.verify(raw, dnsfunc=names_of(key))


@pytest.fixture
def raw(key_file, now):
    return wire_form(OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Ændring på vej", text=TEXT, at=now))


def test_what_arrives_is_verified_by_the_published_key(key_file, mail_server, now):
    SmtpEmail().send(OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Ændring på vej", text=TEXT, at=now))
    (arrived,) = mail_server.raw
    assert is_verified(arrived)
    assert not is_verified(arrived, OTHER)


def test_the_signature_says_what_it_covers_and_how(raw):
    signature = re.sub(rb"\s+", b"", raw.partition(b"\r\nFrom:")[0]).decode()
    tags = dict(tag.partition("=")[::2] for tag in signature.removeprefix("DKIM-Signature:").split(";"))
    assert (tags["a"], tags["c"]) == ("rsa-sha256", "relaxed/relaxed")
    assert (tags["d"], tags["s"]) == ("mitid.example", "autumn2026")
    assert "l" not in tags
    signed = tags["h"].split(":")
    assert {"from", "to", "subject", "date", "message-id", "auto-submitted", "mime-version", "content-type",
            "content-language"} <= set(signed)  # fmt: skip
    assert [signed.count(name) for name in ("from", "to", "subject", "date", "message-id")] == [2] * 5


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"bruger-ID", b"bruger-Id"),
        (b"\r\nTo: ", b"\r\nTo: mallory@example.dk, "),
        (b"\r\nAuto-Submitted: auto-generated", b""),
        (b"Content-Language: da", b"Content-Language: en"),
        (b"\r\nDate: Mon", b"\r\nDate: Tue"),
        (b"\r\nMessage-ID: <", b"\r\nMessage-ID: <1"),
        (b"multipart/alternative", b"multipart/mixed"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.1"),
        (b"\r\nFrom: ", b"\r\nFrom: support@evil.example\r\nFrom: "),
        (b"\r\nSubject: ", b"\r\nSubject: Click here\r\nSubject: "),
        (b"\r\nTo: ", b"\r\nTo: mallory@example.dk\r\nTo: "),
    ],
)
def test_whatever_is_changed_or_added_is_noticed(raw, before, after):
    assert before in raw
    assert is_verified(raw)
    assert not is_verified(raw.replace(before, after, 1))


def test_the_signature_outlives_what_servers_on_the_way_do(raw):
    head, _, body = raw.partition(b"\r\n\r\n")
    travelled = (
        b"Received: from a by b; today\r\n"
        + head.replace(b"Auto-Submitted: auto", b"AUTO-Submitted:   auto")
        + b"\r\nX-Spam: no\r\n\r\n"
        + body.replace(b"Content-Type: text/plain", b"Content-Type: text/plain")
        + b"\r\n"
    )
    assert is_verified(travelled)


def test_without_a_key_nothing_is_signed(now):
    raw = wire_form(OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Hej", text="Hej", at=now))
    assert raw.startswith(b"From: ")


def test_a_key_is_changed_without_a_restart(key_file, now):
    mail = OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Hej", text="Hej", at=now)
    assert is_verified(wire_form(mail))
    write(key_file, pem(OTHER))
    later = time.time_ns() + 10**9
    os.utime(key_file, ns=(later, later))
    assert is_verified(wire_form(mail), OTHER)


def test_a_key_as_older_tools_write_it_is_taken_too(key_file, now):
    write(key_file, pem(ONE, form=PrivateFormat.TraditionalOpenSSL))
    assert fault_of_key(key_file) is None
    assert is_verified(wire_form(OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Hej", text="Hej", at=now)))


SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)
CURVE = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("content", "mode", "fault"),
    [
        (pem(ONE), 0o600, None),
        (pem(ONE), 0o440, None),
        (pem(ONE), 0o604, "everybody"),
        (pem(SMALL), 0o600, "1024 bits"),
        (pem(CURVE), 0o600, "not an RSA key"),
        (pem(ONE, BestAvailableEncryption(b"x")), 0o600, "without a password"),
        (b"", 0o600, "no private key"),
        (b"\xff" * 50, 0o600, "no private key"),
    ],
)
def test_a_key_that_cannot_sign_is_told_at_start(tmp_path, content, mode, fault):
    found = fault_of_key(write(tmp_path / "key.pem", content, mode))
    assert found is None if fault is None else fault in found


def test_a_key_that_is_not_there_is_told_at_start(tmp_path):
    assert "cannot be read" in fault_of_key(tmp_path / "nowhere.pem")
