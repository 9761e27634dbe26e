"""Work of authentication in the background."""

from celery import shared_task

from authentication.usecases.sweep import sweep
from mitid_portal import clock


@shared_task(name="authentication.sweep")
def sweep_task() -> None:
    """Log-ins that led nowhere and old counters are gone."""
    sweep(now=clock.now())
