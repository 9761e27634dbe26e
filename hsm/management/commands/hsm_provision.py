"""``manage.py hsm_provision``: make the keys that are missing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hsm.api import HsmUnavailable, provision


class Command(BaseCommand):
    """Make the keys that are missing; run before the first start, harmless afterwards."""

    help = "Make the keys and the data key that are missing; harmless when all are there."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make them, or say why not."""
        try:
            provision()
        except HsmUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write("All keys are there.")
