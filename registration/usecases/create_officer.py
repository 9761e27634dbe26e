"""A citizen gets a right in an office."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from registration import events
from registration.models import Office, Officer
from registration.rules.calendar import danish_date
from registration.states import OfficerRole


class UnknownOffice(Exception):  # noqa: N818 - reads as the sentence it is
    """There is no such office."""


@transaction.atomic
def create_officer(*, identity_id: UUID, role: OfficerRole, office_id: UUID, valid_until: date, now: datetime) -> UUID:
    """A citizen has a right in an office until the last day of it.

    Rule:   REG-11.
    Raises: UnknownOffice; IntegrityError for a second right of the same role, or one of more than a year.
    Writes: Officer, AuditEvent.
    """
    office = Office.objects.filter(pk=office_id).first()
    if office is None:
        raise UnknownOffice("There is no office with this id.")
    officer = Officer.objects.create(
        identity_id=identity_id,
        role=role,
        office=office,
        appointed_on=danish_date(now),
        valid_until=valid_until,
    )
    events.officer_appointed(officer_id=officer.id, identity_id=identity_id, office_id=office.id, role=role, now=now)
    return officer.id
