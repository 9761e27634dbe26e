"""The project: settings, addresses, clock, task queue, embedded parts."""

from mitid_portal.celery import app as celery_app

__all__ = ["celery_app"]
