"""``manage.py demo_seed``: the demo's people, office and devices are there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mitid_portal.demo.people import CAST, pool
from mitid_portal.demo.seeding.identities import SeedFailed, ensure_identity
from mitid_portal.demo.seeding.office import OFFICER_ROLES, ensure_office, refill_stock


class Command(BaseCommand):
    """Brings the demo about; what is there already is left as it is."""

    help = "Bring the demo's people, office and code displays about; safe to run again."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Go through the cast, then the office."""
        try:
            identities = [
                (part.role, ensure_identity(part, person)) for part, person in zip(CAST, pool(), strict=False)
            ]
        except SeedFailed as failure:
            raise CommandError(str(failure)) from failure
        officers = [(role, identity_id) for role, identity_id in identities if role in OFFICER_ROLES]
        office = "a new office" if ensure_office(officers) else "the office as it was"
        added = refill_stock(officers)
        self.stdout.write(f"Demo: {len(identities)} people, {office}, {added} code displays put into its stock.")
