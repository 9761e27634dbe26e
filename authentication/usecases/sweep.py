"""What no longer says anything is forgotten."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from authentication.models import ApprovalRequest, OpeningCode
from authentication.steps.browsers import forget_old_browsers
from identities.api import forget_old_enrolments, forget_old_tries

KEPT_FOR: Final = timedelta(days=1)


@transaction.atomic(durable=True)
def sweep(*, now: datetime) -> int:
    """Drop what led to nothing a day after its end: requests, opening codes, wrong tries, enrolments of nobody.

    A browser is known for a year after its last login. A request that an alert is due of waits for it.

    What happened stands in the log; these rows only decide the next step.

    Returns: how many rows are gone.
    Writes:  ApprovalRequest, OpeningCode, KnownBrowser, DeviceTries, AppEnrolment.
    """
    before = now - KEPT_FOR
    over = ApprovalRequest.objects.filter(expires_at__lt=before, login__isnull=True)
    requests = over.exclude(alert_due_at__isnull=False, alert_made_at__isnull=True).delete()[0]
    codes = OpeningCode.objects.filter(expires_at__lt=before).delete()[0]
    forgotten = forget_old_tries(before=before) + forget_old_enrolments(before=before)
    return requests + codes + forget_old_browsers(now=now) + forgotten
