"""Work of authentication in the background. Arguments are ids."""

import logging
from typing import Final
from uuid import UUID

from celery import shared_task

from authentication.queries import alerts_due
from authentication.usecases.alert_of_parallel import alert_of_parallel
from authentication.usecases.sweep import sweep
from hsm.api import HsmUnavailable
from mitid_portal import clock

ALERTS_EVERY_SECONDS: Final = 5  # as CELERY_BEAT_SCHEDULE has it
ALERTS_AT_MOST: Final = 500

logger = logging.getLogger(__name__)


@shared_task(name="authentication.sweep")
def sweep_task() -> None:
    """Log-ins that led nowhere and old counters are gone."""
    sweep(now=clock.now())


@shared_task(name="authentication.alert")
def alert_task(request_id: str) -> None:
    """The owner of the app that was asked twice at once is told, if nobody has told them."""
    try:
        alert_of_parallel(request_id=UUID(request_id), now=clock.now())
    except HsmUnavailable:
        logger.warning("The HSM is away: the alert of request %s waits for the next sweep.", request_id)


@shared_task(name="authentication.sweep_alerts")
def alert_sweep_task() -> None:
    """Wake a worker for every alert that is due; a wake-up lasts until the next sweep."""
    for request_id in alerts_due(limit=ALERTS_AT_MOST):
        alert_task.apply_async(args=(str(request_id),), expires=ALERTS_EVERY_SECONDS, retry=False)
