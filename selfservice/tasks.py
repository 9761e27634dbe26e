"""What the workers do for self-service."""

from typing import Final

from celery import shared_task

from mitid_portal import clock
from selfservice.usecases.expire_changes import expire_changes

BATCH: Final = 200


@shared_task(name="selfservice.expire_changes")
def expire_changes_task() -> None:
    """End the changes whose window has closed, in batches, each its own transaction."""
    now = clock.now()
    while expire_changes(now=now, limit=BATCH) == BATCH:
        pass
