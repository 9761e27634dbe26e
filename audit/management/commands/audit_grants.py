"""``manage.py audit_grants``: the portal's role may add to the log, and change nothing of it."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.grants import RoleUnfit, grant_to


class Command(BaseCommand):
    """Run by the role that owns the tables, after each migration."""

    help = "Grant the portal's database role what it needs, and of the log only reading and adding (LOG-1)."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the role."""
        parser.add_argument("role", help="the role that web, worker and beat connect as")

    def handle(self, *_args: Any, role: str, **_options: Any) -> None:
        """Grant, and say what to whom."""
        try:
            granted = grant_to(role)
        except RoleUnfit as unfit:
            raise CommandError(str(unfit)) from unfit
        self.stdout.write(
            f"{role}: reads and writes every table, only adds to {', '.join(granted.append_only)},"
            f" only reads {', '.join(granted.read_only)}; {granted.partitions} partitions are reached"
            " through their table alone."
        )
