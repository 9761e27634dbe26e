"""Bring database, rights, keys and demo people to what this version needs, in one process."""

import argparse
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Migrated database, rights of the portal's role and, in demo mode, keys and demo people; idempotent.

    One process instead of three: each would spend most of its time importing Django.
    """

    help = "Migrate, grant the portal's role its rights and, in demo mode, make the keys and the demo's people."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the role that the portal connects as, when it is another than this command's."""
        parser.add_argument("--grant-to", metavar="ROLE", help="the role that web, worker and beat connect as")

    def handle(self, *_args: Any, grant_to: str | None, **_options: Any) -> None:
        """Do the steps in order."""
        call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
        if grant_to is not None:
            call_command("audit_grants", grant_to, stdout=self.stdout)
        if settings.DEMO or settings.TESTING:  # a real portal's keys are founded by two custodians: manage.py hsm found
            call_command("hsm_provision", stdout=self.stdout)
        if settings.DEMO:
            call_command("demo_seed", stdout=self.stdout)
