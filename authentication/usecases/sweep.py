"""What no longer says anything is forgotten."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from authentication.models import LoginRequest
from identities.api import forget_old_tries

KEPT_FOR: Final = timedelta(days=1)


@transaction.atomic(durable=True)
def sweep(*, now: datetime) -> int:
    """Drop log-in requests that led to no login, and counters of wrong codes, a day after their end.

    What happened stands in the log; these rows only decide the next step.

    Returns: how many rows are gone.
    Writes:  LoginRequest, DeviceTries.
    """
    before = now - KEPT_FOR
    requests = LoginRequest.objects.filter(expires_at__lt=before, login__isnull=True).delete()[0]
    return requests + forget_old_tries(before=before)
