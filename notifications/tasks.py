"""Celery's way into notifications. Arguments are ids."""

import logging
from typing import Final
from uuid import UUID

from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from django.conf import settings

from hsm.api import HsmUnavailable
from mitid_portal import clock
from notifications.usecases.deliver import deliver
from notifications.usecases.drain import drain
from notifications.usecases.forget_words import forget_incoming, forget_words
from notifications.usecases.note_prices import note_prices
from notifications.usecases.reconcile import forget_minutes, reconcile
from notifications.usecases.send_heartbeat import send_heartbeat
from notifications.usecases.sweep import wake_due
from notifications.usecases.watch_cost import watch_cost
from notifications.wake import begin_to_look

logger = logging.getLogger(__name__)


# The limit ends a mail server that drips before an e-mail's lease does, so that nobody else sends the same meanwhile;
# calls of other providers have an end of their own. Once a delivery is claimed the use case itself writes down what it
# knows.
SECONDS_FOR_ONE: Final = max(1, int(settings.DELIVERY_LEASE_FOR.total_seconds() * 0.8 + settings.EMAIL_ANSWER_SECONDS))


@shared_task(name="notifications.deliver", soft_time_limit=SECONDS_FOR_ONE)
def deliver_task(delivery_id: str) -> None:
    """Send one delivery if it is due."""
    try:
        deliver(delivery_id=UUID(delivery_id), now=clock.now())
    except HsmUnavailable:
        logger.warning("The HSM is away: delivery %s waits for the next sweep.", delivery_id)
    except SoftTimeLimitExceeded:
        logger.warning("Delivery %s could not be claimed, or settled, in time; its lease ends.", delivery_id)


@shared_task(name="notifications.drain", soft_time_limit=SECONDS_FOR_ONE)
def drain_task() -> None:
    """Send what is due for a moment, the most urgent first."""
    try:
        begin_to_look()
        drain(now=clock.now())
    except HsmUnavailable:
        logger.warning("The HSM is away: what is due waits for the next sweep.")
    except SoftTimeLimitExceeded:
        logger.warning("A delivery could not be claimed, or settled, in time; its lease ends.")


@shared_task(name="notifications.sweep")
def sweep_task() -> None:
    """Wake workers for everything that is due."""
    wake_due(now=clock.now())


@shared_task(name="notifications.reconcile")
def reconcile_task() -> None:
    """Ask providers for the reports that did not come, and drop counts of long ago."""
    now = clock.now()
    reconcile(now=now)
    forget_minutes(now=now)


@shared_task(name="notifications.forget_words")
def forget_words_task() -> None:
    """Drop the words of what is past, and what came in long ago."""
    now = clock.now()
    try:
        forget_words(now=now)
    except HsmUnavailable:
        logger.warning("The HSM is away: the words of what is past are dropped later.")
    forget_incoming(now=now)


@shared_task(name="notifications.note_prices")
def note_prices_task() -> None:
    """Note what messages cost, which no callback tells."""
    note_prices(now=clock.now())


@shared_task(name="notifications.heartbeat")
def heartbeat_task() -> None:
    """Send operations the message that proves the chain alive, when it is time."""
    try:
        send_heartbeat(now=clock.now())
    except HsmUnavailable:
        logger.warning("The HSM is away: no heartbeat was written.")


@shared_task(name="notifications.watch_cost")
def watch_cost_task() -> None:
    """Say in the log file when the day's text messages cost much."""
    watch_cost(now=clock.now())
