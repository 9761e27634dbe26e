"""The demo's office: an organisation, its officers, and code displays in stock."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate

from mitid_portal import clock
from mitid_portal.demo.devices import seed_of, stock_serial, stock_size
from mitid_portal.demo.people import Role
from registration.api import (
    OfficerRole,
    OrganisationKind,
    create_office,
    create_officer,
    create_organisation,
    put_into_stock,
    rights_of,
    stock_of,
)

ORGANISATION: Final = "Skovby Kommune, Borgerservice"
OFFICE: Final = "Torvet"
COMPLAINTS_TO: Final = "Skovby Kommune, Borgerservice, Torvet 1, 9999 Skovby"
STOCK: Final = 40
AGREED_FOR: Final = timedelta(days=364)  # REG-11: renewed yearly
OFFICER_ROLES: Final = {
    Role.CLERK: OfficerRole.CLERK,
    Role.SUPPORT: OfficerRole.SUPPORT,
    Role.ADMINISTRATOR: OfficerRole.ADMINISTRATOR,
    Role.AUDITOR: OfficerRole.AUDITOR,
    Role.OPERATOR: OfficerRole.OPERATOR,
}


def ensure_office(officers: list[tuple[Role, UUID]]) -> bool:
    """See that the office is there with its officers; True when it is new.

    All of it in one transaction: an officer with a right means that the rest is there too.
    """
    if _office_of(officers) is not None:
        return False
    now = clock.now()
    until = localdate(now) + AGREED_FOR
    with transaction.atomic():
        organisation_id = create_organisation(
            name=ORGANISATION,
            kind=OrganisationKind.MUNICIPALITY,
            complaints_to=COMPLAINTS_TO,
            agreement_until=until,
            now=now,
        )
        office_id = create_office(organisation_id=organisation_id, name=OFFICE, now=now)
        for role, identity_id in officers:
            create_officer(
                identity_id=identity_id, role=OFFICER_ROLES[role], office_id=office_id, valid_until=until, now=now
            )
    return True


def refill_stock(officers: list[tuple[Role, UUID]]) -> int:
    """See that the office has a full stock of code displays; gives how many were added."""
    office_id = _office_of(officers)
    if office_id is None:
        return 0
    missing, begun = STOCK - len(stock_of(office_id, limit=STOCK)), stock_size()
    with transaction.atomic():
        for number in range(begun + 1, begun + missing + 1):
            serial = stock_serial(number)
            put_into_stock(office_id=office_id, serial=serial, seed=seed_of(serial), now=clock.now())
    return missing


def _office_of(officers: list[tuple[Role, UUID]]) -> UUID | None:
    rights = [right for _, identity_id in officers for right in rights_of(identity_id, now=clock.now())]
    return rights[0].office_id if rights else None
