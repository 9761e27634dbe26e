"""``manage.py hsm_provision``: make the keys that are missing, where no custodians are: demo, tests, rehearsal."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hsm.api import HsmUnavailable, provision
from hsm.queries import has_custodians


class Command(BaseCommand):
    """Make the keys that are missing; run before the first start, harmless afterwards."""

    help = "Make the keys and the data key that are missing; harmless when all are there."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make them, or say why not."""
        if not _may_provision():
            raise CommandError("Here two custodians found the keys: manage.py hsm found")
        try:
            provision()
        except HsmUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write("All keys are there.")


def _may_provision() -> bool:
    return settings.DEMO or settings.TESTING or (settings.ALLOW_SOFT_HSM and not has_custodians())
