"""First set-up: an office."""

from argparse import ArgumentParser
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from mitid_portal import clock
from registration.api import UnknownOrganisation, create_office


class Command(BaseCommand):
    """``manage.py ra_create_office ORGANISATION_ID NAME``."""

    help = "Open an office of an organisation; prints its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the organisation's id and the office's name."""
        parser.add_argument("organisation_id", type=UUID)
        parser.add_argument("name")

    def handle(self, *, organisation_id: UUID, name: str, **_: object) -> None:
        """Create the office."""
        try:
            office_id = create_office(organisation_id=organisation_id, name=name, now=clock.now())
        except (IntegrityError, UnknownOrganisation) as refusal:
            raise CommandError(f"The office was not created: {refusal}") from refusal
        self.stdout.write(str(office_id))
