"""The project's own work in the background."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="mitid_portal.sweep_sessions")
def sweep_sessions() -> None:
    """No session whose time has run out is stored any more."""
    call_command("clearsessions")
