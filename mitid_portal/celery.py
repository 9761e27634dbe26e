"""The Celery application: worker and beat refuse unfit settings, and give signs of life.

The worker's parent process loads no PKCS#11 library and opens no database connection: both are made lazily, in the
children, because neither survives a fork.
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError

from mitid_portal.heartbeats import WorkerHeartbeat
from mitid_portal.startup import refuse_unfit_settings

logger = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitid_portal.settings")

app = Celery("mitid_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(WorkerHeartbeat)


@worker_init.connect
@beat_init.connect
def leave_when_unfit(**_signal: Any) -> None:
    """End the process when the settings are unfit.

    Celery logs an exception that a signal's receiver raises and goes on; only ``SystemExit`` stops it.
    """
    try:
        refuse_unfit_settings()
    except (SystemCheckError, ImproperlyConfigured) as error:
        logger.critical("Refusing to start: %s", error)
        raise SystemExit(1) from error
