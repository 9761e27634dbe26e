"""Acting on an e-mail that came back."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import transaction

from notifications.return_path import email_of
from notifications.rules.bounces import Bounce, Fate, parse_bounce
from notifications.states import Channel, ReportStatus
from notifications.steps import Counts, count_for_provider
from notifications.transports import ProviderReport
from notifications.transports.smtp_email import SmtpEmail
from notifications.usecases.note_provider_report import ReportOutcome, note_provider_report

_STATUS_OF: Final = {
    Fate.ARRIVED: ReportStatus.ON_ITS_WAY,
    Fate.ON_ITS_WAY: ReportStatus.ON_ITS_WAY,
    Fate.FAILED_FOR_NOW: ReportStatus.FAILED_FOR_NOW,
    Fate.FAILED_FOR_GOOD: ReportStatus.FAILED_FOR_GOOD,
}


class BounceOutcome(StrEnum):
    """What became of an e-mail in the mailbox for bounces."""

    NOTED = "NOTED"
    NOT_A_BOUNCE = "NOT_A_BOUNCE"  # an answer by a person or a machine: nothing for us to read
    NOT_OURS = "NOT_OURS"  # it names no delivery of ours, or was made up: counted


def note_bounce(*, raw: bytes, now: datetime) -> BounceOutcome:
    """Move a delivery on by the bounce of its e-mail; the same bounce again changes nothing.

    Only the address that it came to tells which delivery and which attempt it is, for that address nobody can make
    up: a bounce of an attempt that another followed moves nothing. A report of an arrival is not believed: we ask for
    none, and a wrong one would keep another channel from its turn.

    Rule:   ALR-5; RFC 3464.
    Writes: Delivery, AuditEvent, ProviderMinute.
    """
    bounce = parse_bounce(raw)
    if bounce is None:
        return BounceOutcome.NOT_A_BOUNCE
    email = email_of(bounce.addressed_to)
    if email is None:
        _count_unknown(now)
        return BounceOutcome.NOT_OURS
    outcome = note_provider_report(
        provider=SmtpEmail.name,
        provider_reference=email.reference,
        delivery_id=email.delivery_id,
        attempt=email.attempt,
        report=_report_of(bounce),
        now=now,
    )
    return BounceOutcome.NOT_OURS if outcome is ReportOutcome.UNKNOWN else BounceOutcome.NOTED


def _report_of(bounce: Bounce) -> ProviderReport:
    return ProviderReport(status=_STATUS_OF[bounce.fate], code=f"bounce_{bounce.status}" if bounce.status else "bounce")


@transaction.atomic(durable=True)
def _count_unknown(now: datetime) -> None:
    count_for_provider(provider=SmtpEmail.name, channel=Channel.EMAIL, counts=Counts(unknown_reports=1), at=now)
