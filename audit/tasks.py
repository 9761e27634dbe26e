"""Celery's way into the log."""

import logging

from celery import shared_task
from django.db import OperationalError

from audit.genuine import ChainBroken
from audit.sealer import sealer
from audit.usecases.make_partitions import make_partitions
from audit.usecases.seal import seal_log
from mitid_portal import clock

logger = logging.getLogger(__name__)


class _Outage:
    """Whether this process has said that the keys are away, or what keeps it from sealing."""

    is_told = False
    told = ""


@shared_task(name="audit.seal")
def seal_task() -> None:
    """Seal what was committed."""
    try:
        seal_log(now=clock.now())
    except sealer().away:
        if not _Outage.is_told:
            logger.warning("The keys are away: the log is sealed once they are back.")
        _Outage.is_told = True
    except ChainBroken as broken:
        if _Outage.told != str(broken):
            logger.error("The log is not sealed any more. %s", broken)  # noqa: TRY400 - the cause says it all
        _Outage.told = str(broken)
    else:
        _Outage.is_told, _Outage.told = False, ""


@shared_task(name="audit.make_partitions")
def make_partitions_task() -> None:
    """Make the log's months ahead."""
    try:
        for month in make_partitions(now=clock.now()):
            logger.warning("The rows of %s stay in audit_auditevent_other.", month)
    except OperationalError:
        logger.warning("The log's months could not be made ahead; the next hour tries again.")
