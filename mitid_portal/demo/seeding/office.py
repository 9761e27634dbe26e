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
}


def ensure_office(officers: list[tuple[Role, UUID]]) -> bool:
    """See that the office is there with its officers and its stock; True when it is new.

    All of it in one transaction: a device in stock means that the rest is there too.
    """
    if stock_size():
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
        for number in range(1, STOCK + 1):
            serial = stock_serial(number)
            put_into_stock(office_id=office_id, serial=serial, seed=seed_of(serial), now=now)
    return True
