"""Settings under which e-mails would be refused, unsigned or lost on their way back are told at start."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.checks import registry

from notifications.checks import SMTP, check_transport_settings
from notifications.email_checks import check_email_settings

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def complete(settings, tmp_path):
    """Settings as in production, with everything that e-mail can have."""
    key_file = tmp_path / "dkim.pem"
    key_file.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key_file.chmod(0o600)
    settings.DEMO = settings.TESTING = False
    settings.EMAIL_TRANSPORT, settings.EMAIL_HOST = SMTP, "mail.example"
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL, settings.EMAIL_CA_FILE = True, False, ""
    settings.DEFAULT_FROM_EMAIL = "MitID <no-reply@mail.mitid.example>"
    settings.EMAIL_DKIM_DOMAIN, settings.EMAIL_DKIM_SELECTOR = "mitid.example", "autumn2026"
    settings.EMAIL_DKIM_KEY_FILE = str(key_file)
    settings.EMAIL_BOUNCE_ADDRESS, settings.EMAIL_BOUNCE_SECRET = "bounces@mitid.example", "s" * 32
    return settings


def found():
    return [message.id.removeprefix("notifications.") for message in check_email_settings()]


def test_complete_settings_are_allowed(complete):
    assert found() == []


def test_the_checks_run_at_start():
    assert check_email_settings in registry.registry.get_checks()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"EMAIL_USE_SSL": True}, "E020"),
        ({"DEFAULT_FROM_EMAIL": "no reply@mitid.example"}, "E021"),
        ({"EMAIL_CA_FILE": "/nowhere.pem"}, "E022"),
        ({"EMAIL_CA_FILE": __file__}, "E022"),
        ({"EMAIL_DKIM_SELECTOR": ""}, "E023"),
        ({"EMAIL_DKIM_KEY_FILE": ""}, "E023"),
        ({"EMAIL_DKIM_KEY_FILE": "/nowhere.pem"}, "E024"),
        ({"EMAIL_DKIM_DOMAIN": "other.example"}, "E025"),
        ({"EMAIL_DKIM_DOMAIN": "d.example"}, "E025"),
        ({"EMAIL_BOUNCE_ADDRESS": "bounces"}, "E026"),
        ({"EMAIL_BOUNCE_ADDRESS": "b+c@mitid.example"}, "E026"),
        ({"EMAIL_BOUNCE_ADDRESS": "b" * 11 + "@mitid.example"}, "E026"),
        ({"EMAIL_BOUNCE_SECRET": "s" * 31}, "E027"),
        ({"EMAIL_DKIM_DOMAIN": "", "EMAIL_DKIM_SELECTOR": "", "EMAIL_DKIM_KEY_FILE": ""}, "W020"),
        ({"EMAIL_BOUNCE_ADDRESS": ""}, "W021"),
        ({"EMAIL_BOUNCE_SECRET": "", "EMAIL_BOUNCE_MAILDIR": ""}, "W022"),
    ],
)
def test_each_fault_is_named(complete, changes, code):
    for name, value in changes.items():
        setattr(complete, name, value)
    assert found() == [code]


def test_a_key_that_others_may_read_is_named_without_its_content(complete, tmp_path):
    (tmp_path / "dkim.pem").chmod(0o644)
    (fault,) = check_email_settings()
    assert "everybody" in fault.msg
    assert "BEGIN" not in fault.msg


def test_nothing_is_asked_of_a_demo_that_sends_no_e_mail(complete):
    complete.EMAIL_TRANSPORT = "notifications.transports.local.LocalEmail"
    complete.EMAIL_DKIM_SELECTOR = ""
    assert found() == []


@pytest.mark.parametrize(
    ("starttls", "implicit", "is_allowed"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_one_way_or_the_other_the_mail_server_is_reached_under_tls(complete, starttls, implicit, is_allowed):
    complete.EMAIL_USE_TLS, complete.EMAIL_USE_SSL = starttls, implicit
    codes = {message.id for message in check_transport_settings()}
    assert ("notifications.E008" not in codes) is is_allowed
