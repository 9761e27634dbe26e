"""``manage.py deliver_due``: the outbox is worked off from here while the broker is gone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mitid_portal import clock
from notifications.usecases.sweep import BY_COMMAND_AT_MOST, deliver_due


class Command(BaseCommand):
    """Sends what is due; may run beside workers, for a delivery is claimed once."""

    help = "Send the deliveries that are due from this process, without Celery."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many to send at most."""
        parser.add_argument("--limit", type=int, default=BY_COMMAND_AT_MOST)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Send, and tell how many were due."""
        found = deliver_due(now=clock.now(), limit=options["limit"])
        self.stdout.write(f"{found} due")
