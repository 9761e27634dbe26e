"""Django's command line, whose commands end when the module hangs (KEY-2)."""

from collections.abc import Callable
from typing import Final

from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand

before_commands: Final[list[Callable[[], None]]] = []
"""What is to be done before a command runs, added once Django is set up (mitid_portal/prefork.py)."""


class CommandLine(ManagementUtility):
    """Runs one command in a process of its own."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Give the command, in a process that is ready for it."""
        command = super().fetch_command(subcommand)
        for prepare in before_commands:
            prepare()
        return command
