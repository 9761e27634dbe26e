"""The registration authority's own parts: organisations, offices, officers and stock (REG-11)."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from identities.api import register_code_display
from registration import events
from registration.models import Office, Officer, RaOrganisation, StockItem
from registration.rules.calendar import danish_date
from registration.states import OfficerRole, OrganisationKind


@transaction.atomic
def create_organisation(
    *, name: str, kind: OrganisationKind, complaints_to: str, agreement_until: date, now: datetime
) -> UUID:
    """An organisation may run offices until the last day of its agreement.

    Rule:   REG-11, REG-12.
    Raises: IntegrityError for a name that is taken, or an agreement of more than a year.
    Writes: RaOrganisation, AuditEvent.
    """
    organisation = RaOrganisation.objects.create(
        name=name,
        kind=kind,
        complaints_to=complaints_to,
        agreed_on=danish_date(now),
        agreement_until=agreement_until,
    )
    events.organisation_created(organisation_id=organisation.id, now=now)
    return organisation.id


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


@transaction.atomic
def create_officer(*, identity_id: UUID, role: OfficerRole, office_id: UUID, valid_until: date, now: datetime) -> UUID:
    """A citizen has a right in an office until the last day of it.

    Rule:   REG-11.
    Raises: Office.DoesNotExist; IntegrityError for a second right of the same role, or one of more than a year.
    Writes: Officer, AuditEvent.
    """
    office = Office.objects.get(pk=office_id)
    officer = Officer.objects.create(
        identity_id=identity_id,
        role=role,
        office=office,
        appointed_on=danish_date(now),
        valid_until=valid_until,
    )
    events.officer_appointed(officer_id=officer.id, identity_id=identity_id, office_id=office.id, role=role, now=now)
    return officer.id


@transaction.atomic
def put_into_stock(*, office_id: UUID, serial: str, seed: bytes, now: datetime) -> UUID:
    """A code display lies in an office's stock, its seed wrapped by the HSM; it belongs to nobody yet.

    Rule:   REG-11, AUT-2.
    Raises: IntegrityError for a serial number that is known already.
    Writes: CodeDisplay, StockItem, AuditEvent.
    """
    register_code_display(serial=serial, seed=seed)
    item = StockItem.objects.create(office_id=office_id, serial=serial, stocked_at=now)
    events.device_stocked(office_id=office_id, serial=serial, now=now)
    return item.id
