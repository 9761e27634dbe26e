"""Settings under which messages would be lost, doubled or misleading stop the start."""

from datetime import timedelta

import pytest

from notifications.checks import SMTP, check_delivery_settings, check_transport_settings
from notifications.sms_checks import HTTP, TWILIO, check_sms_settings


@pytest.fixture
def complete(settings):
    """Settings as in production."""
    settings.SMS_TRANSPORTS, settings.EMAIL_TRANSPORT = [TWILIO], SMTP
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = "AC1", "x", "+4592400000"
    settings.TWILIO_SENDERS = {"+46": "+46701234567"}
    settings.HTTP_SMS_URL, settings.HTTP_SMS_KEY, settings.HTTP_SMS_FROM = "https://sms.example/v1", "k", "+4592400001"
    settings.HTTP_SMS_SECRET = "s" * 32
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS, settings.TESTING = "mail.example", True, False
    settings.DEMO = False
    return settings


def test_the_defaults_of_production_are_allowed(complete):
    assert check_delivery_settings() == check_transport_settings() == check_sms_settings() == []
    complete.SMS_TRANSPORTS = [TWILIO, HTTP]
    assert check_sms_settings() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("SEND_TIMEOUT_SECONDS", 0, "E001"),
        ("SEND_TIMEOUT_SECONDS", 31, "E001"),
        ("DELIVERY_LEASE_FOR", timedelta(seconds=39), "E002"),
        ("DELIVERY_LEASE_FOR", timedelta(seconds=101), "E002"),
        ("EMAIL_ANSWER_SECONDS", 9, "E010"),  # shorter than the wait for every other answer
        ("EMAIL_ANSWER_SECONDS", 61, "E010"),
        ("DELIVERY_UNANSWERED_LIMIT", 4, "E003"),
        ("DELIVERY_UNANSWERED_LIMIT", 201, "E003"),
        ("GIVE_UP_AFTER", timedelta(hours=24), "E009"),  # shorter than a change can wait
        ("CHANGE_WAIT_FOR", timedelta(hours=25), "E009"),
        ("GIVE_UP_AFTER", timedelta(days=31), "E009"),
        ("BRAND_NAME", "", "E004"),
        ("BRAND_NAME", "x" * 12, "E004"),
        ("BRAND_NAME", "日本", "E004"),
        ("TWILIO_AUTH_TOKEN", "", "E005"),
        ("TWILIO_FROM", "MitID", "W001"),
        ("TWILIO_SENDERS", {"+46": "MitID"}, "W001"),
        ("TWILIO_SENDERS", {"46": "+46701234567"}, "E036"),
        ("TWILIO_SENDERS", {"+46": ""}, "E036"),
        ("SMS_TRANSPORTS", [], "E031"),
        ("SMS_TRANSPORTS", [TWILIO, TWILIO], "E031"),
        ("SMS_TRANSPORTS", ["notifications.transports.pigeons.Pigeons"], "E030"),
        ("SMS_TRANSPORTS", ["notifications.states.Channel"], "E030"),
        ("HTTP_SMS_URL", "", "E032"),
        ("HTTP_SMS_KEY", "", "E032"),
        ("HTTP_SMS_FROM", "", "E032"),
        ("HTTP_SMS_FROM", "MitID", "W001"),
        ("HTTP_SMS_SENDERS", {"+": "+4592400001"}, "E036"),
        ("HTTP_SMS_URL", "http://sms.example/v1", "E033"),
        ("HTTP_SMS_SECRET", "short", "E034"),
        ("DEMO", True, "E035"),
        ("TWILIO_BASE_URL", "http://127.0.0.1:1", "E006"),
        ("EMAIL_HOST", "", "E007"),
        ("EMAIL_USE_TLS", False, "E008"),
    ],
)
def test_each_fault_is_named(complete, name, value, code):
    complete.SMS_TRANSPORTS = [TWILIO, HTTP]
    setattr(complete, name, value)
    found = [message.id for message in check_delivery_settings() + check_transport_settings() + check_sms_settings()]
    assert f"notifications.{code}" in found
