"""An organisation opens an office."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from registration import events
from registration.models import Office, RaOrganisation


class UnknownOrganisation(Exception):  # noqa: N818 - reads as the sentence it is
    """There is no such organisation."""


@transaction.atomic
def create_office(*, organisation_id: UUID, name: str, now: datetime) -> UUID:
    """An organisation has an office more.

    Raises: UnknownOrganisation; IntegrityError for a name that is taken in it.
    Writes: Office, AuditEvent.
    """
    organisation = RaOrganisation.objects.filter(pk=organisation_id).first()
    if organisation is None:
        raise UnknownOrganisation("There is no organisation with this id.")
    office = Office.objects.create(organisation=organisation, name=name)
    events.office_created(office_id=office.id, organisation_id=organisation.id, now=now)
    return office.id
