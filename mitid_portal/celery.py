"""The Celery application: worker and beat refuse unfit settings, and give signs of life.

The worker's parent process loads no PKCS#11 library and opens no database connection: both are made lazily, in the
children, because neither survives a fork.
"""

import logging
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import beat_init, task_postrun, task_prerun, worker_init
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import SystemCheckError
from django.db import close_old_connections

from mitid_portal.heartbeats import WorkerHeartbeat
from mitid_portal.startup import refuse_unfit_settings

logger = logging.getLogger(__name__)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitid_portal.settings")

app = Celery("mitid_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Else Celery closes the whole pool of database connections before and after every task, and each task costs a new
# server process of the database: half of what an alert cost.
app.conf.update({"CELERY_DB_REUSE_MAX": sys.maxsize})
app.autodiscover_tasks()
app.steps["consumer"].add(WorkerHeartbeat)


@task_prerun.connect
@task_postrun.connect
def give_connection_back(**_signal: Any) -> None:
    """The task's connection is back in the pool, which looks at it before it gives it out again."""
    close_old_connections()


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
