"""First set-up: an officer."""

from argparse import ArgumentParser
from datetime import date
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from identities.api import identity_by_user_id
from mitid_portal import clock
from registration.api import OfficerRole, UnknownOffice, create_officer


class Command(BaseCommand):
    """``manage.py ra_appoint_officer USER_ID ROLE OFFICE_ID --valid-until 2027-01-31``."""

    help = "Give the holder of a user ID a right in an office; prints the right's id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whom, as what, where and until when."""
        parser.add_argument("user_id")
        parser.add_argument("role", choices=OfficerRole.values)
        parser.add_argument("office_id", type=UUID)
        parser.add_argument("--valid-until", required=True, type=date.fromisoformat)

    def handle(self, *, user_id: str, role: str, office_id: UUID, valid_until: date, **_: object) -> None:
        """Appoint the officer."""
        identity = identity_by_user_id(user_id)
        if identity is None:
            raise CommandError("Nobody has this user ID.")
        try:
            officer_id = create_officer(
                identity_id=identity.id,
                role=OfficerRole(role),
                office_id=office_id,
                valid_until=valid_until,
                now=clock.now(),
            )
        except (IntegrityError, UnknownOffice) as refusal:
            raise CommandError(f"The officer was not appointed: {refusal}") from refusal
        self.stdout.write(str(officer_id))
