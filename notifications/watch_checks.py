"""System checks: how operations hear that alerts get through, and what they may cost."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning

from notifications.rules.addresses import normal_email, normal_phone


def check_watch_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Hold the heartbeat's addresses and the cost's ceiling against what they can be."""
    faults: list[CheckMessage] = []
    if settings.HEARTBEAT_SMS and normal_phone(settings.HEARTBEAT_SMS) != settings.HEARTBEAT_SMS:
        faults.append(Error("HEARTBEAT_SMS is a phone number as +4520123456.", id="notifications.E040"))
    if settings.HEARTBEAT_EMAIL and normal_email(settings.HEARTBEAT_EMAIL) != settings.HEARTBEAT_EMAIL:
        faults.append(Error("HEARTBEAT_EMAIL is an e-mail address in its normal form.", id="notifications.E041"))
    if settings.SMS_COST_CEILING_PER_DAY < 0 or settings.SMS_SEGMENT_COST_MICRO < 0:
        faults.append(
            Error("SMS_COST_CEILING_PER_DAY and SMS_SEGMENT_COST_MICRO are not negative.", id="notifications.E042")
        )
    if settings.DEMO or settings.TESTING:
        return faults
    if not (settings.HEARTBEAT_SMS or settings.HEARTBEAT_EMAIL):
        faults.append(
            CheckWarning(
                "No heartbeat is sent: that alerts get through is seen only by those that do not.",
                hint="Set HEARTBEAT_SMS and HEARTBEAT_EMAIL to a phone and a mailbox of operations.",
                id="notifications.W003",
            )
        )
    if settings.SMS_COST_CEILING_PER_DAY == 0:
        faults.append(
            CheckWarning(
                "Text messages have no cost ceiling.",
                hint="Set SMS_COST_CEILING_PER_DAY, in whole units of the provider's currency.",
                id="notifications.W002",
            )
        )
    return faults
