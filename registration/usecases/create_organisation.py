"""An organisation joins the registration authority."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from registration import events
from registration.models import RaOrganisation
from registration.rules.calendar import danish_date
from registration.states import OrganisationKind


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
