"""Bring database, keys and demo people to what this version needs, in one process."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Migrated database, provisioned keys and, in demo mode, demo people; idempotent.

    One process instead of three: each would spend most of its time importing Django.
    """

    help = "Migrate, provision the keys and, in demo mode, seed the demo's people."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do the steps in order."""
        call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
        call_command("hsm_provision", stdout=self.stdout)
        if settings.DEMO:
            call_command("demo_seed", stdout=self.stdout)
