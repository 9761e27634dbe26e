"""An organisation opens an office."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registration import events
from registration.models import Office, RaOrganisation


@transaction.atomic
def create_office(*, organisation_id: UUID, name: str, now: datetime) -> UUID:
    """An organisation has an office more.

    Raises: RaOrganisation.DoesNotExist; IntegrityError for a name that is taken in it.
    Writes: Office, AuditEvent.
    """
    organisation = RaOrganisation.objects.get(pk=organisation_id)
    office = Office.objects.create(organisation=organisation, name=name)
    events.office_created(office_id=office.id, organisation_id=organisation.id, now=now)
    return office.id
