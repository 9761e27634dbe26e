"""First set-up: an organisation of the registration authority."""

from argparse import ArgumentParser
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from mitid_portal import clock
from registration.api import OrganisationKind, create_organisation


class Command(BaseCommand):
    """``manage.py ra_create_organisation NAME KIND --complaints-to … --agreement-until 2027-01-31``."""

    help = "Let an organisation run offices of the registration authority; prints its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take name, kind, address for complaints and the agreement's last day."""
        parser.add_argument("name")
        parser.add_argument("kind", choices=OrganisationKind.values)
        parser.add_argument("--complaints-to", required=True)
        parser.add_argument("--agreement-until", required=True, type=date.fromisoformat)

    def handle(self, *, name: str, kind: str, complaints_to: str, agreement_until: date, **_: object) -> None:
        """Create the organisation."""
        try:
            organisation_id = create_organisation(
                name=name,
                kind=OrganisationKind(kind),
                complaints_to=complaints_to,
                agreement_until=agreement_until,
                now=clock.now(),
            )
        except IntegrityError as refusal:
            raise CommandError(f"The database refused: {refusal}") from refusal
        self.stdout.write(str(organisation_id))
