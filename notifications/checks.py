"""System checks: settings under which messages would be lost, doubled or misleading stop the start."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error

from notifications.rules.gsm7 import septets_of

LONGEST_LEASE: Final = timedelta(seconds=100)  # with an e-mail's answer below CELERY_TASK_TIME_LIMIT
LONGEST_ANSWER_SECONDS: Final = 60
LONGEST_PATIENCE: Final = timedelta(days=30)
LONGEST_BRAND: Final = 11  # septets; also the length of a sender's name
SMTP: Final = "notifications.transports.smtp_email.SmtpEmail"


def check_delivery_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Hold lease, tries and brand against their bounds."""
    faults: list[CheckMessage] = []
    if not 0 < settings.SEND_TIMEOUT_SECONDS <= 30:
        faults.append(Error("SEND_TIMEOUT_SECONDS is above 0 and at most 30.", id="notifications.E001"))
    shortest = timedelta(seconds=4 * settings.SEND_TIMEOUT_SECONDS)
    if not shortest <= settings.DELIVERY_LEASE_FOR <= LONGEST_LEASE:
        faults.append(
            Error(
                "DELIVERY_LEASE_SECONDS is at least four times SEND_TIMEOUT_SECONDS and at most 100: a lease that"
                " ends while the provider is asked sends twice.",
                id="notifications.E002",
            )
        )
    if not settings.SEND_TIMEOUT_SECONDS <= settings.EMAIL_ANSWER_SECONDS <= LONGEST_ANSWER_SECONDS:
        faults.append(
            Error(
                "EMAIL_ANSWER_SECONDS is at least SEND_TIMEOUT_SECONDS and at most 60: a mail server that looks into"
                " e-mails before it answers must not be sent them again.",
                id="notifications.E010",
            )
        )
    if not 5 <= settings.DELIVERY_UNANSWERED_LIMIT <= 200:
        faults.append(Error("DELIVERY_UNANSWERED_LIMIT is 5 to 200.", id="notifications.E003"))
    least = settings.CHANGE_WAIT_FOR + settings.CHANGE_WINDOW_FOR
    if not least <= settings.GIVE_UP_AFTER <= LONGEST_PATIENCE:
        faults.append(
            Error(
                f"GIVE_UP_AFTER is {settings.GIVE_UP_AFTER}; it must be from {least} to {LONGEST_PATIENCE}.",
                hint="Set GIVE_UP_AFTER_HOURS: an alert is tried at least until what it warns of can no longer happen.",
                id="notifications.E009",
            )
        )
    septets = septets_of(settings.BRAND_NAME)
    if septets is None or not 1 <= septets <= LONGEST_BRAND:
        faults.append(
            Error("BRAND_NAME has 1 to 11 characters of GSM-7: it opens each text message.", id="notifications.E004")
        )
    return faults


def check_transport_settings(**_kwargs: Any) -> list[CheckMessage]:
    """See that e-mail has a server, under TLS; text messages have sms_checks.py."""
    faults: list[CheckMessage] = []
    is_serious = not settings.DEMO and not settings.TESTING
    if settings.EMAIL_TRANSPORT == SMTP:
        if not settings.EMAIL_HOST:
            faults.append(Error("EMAIL_HOST is needed.", id="notifications.E007"))
        if is_serious and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
            faults.append(
                Error("E-mail goes to its server under TLS: EMAIL_USE_TLS or EMAIL_USE_SSL.", id="notifications.E008")
            )
    return faults
