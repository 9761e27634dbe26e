"""What this app writes into the log, one function per event."""

from datetime import datetime
from uuid import UUID

from audit.api import Actor, ActorKind, EventKind, Fact, record
from registration.states import OfficerRole

SYSTEM = Actor(kind=ActorKind.SYSTEM)


def organisation_created(*, organisation_id: UUID, now: datetime) -> None:
    """An organisation may run offices."""
    record(kind=EventKind.ORGANISATION_CREATED, actor=SYSTEM, subject_id=organisation_id, at=now, facts={})


def office_created(*, office_id: UUID, organisation_id: UUID, now: datetime) -> None:
    """An organisation has an office more."""
    facts: dict[str, Fact] = {"organisation": organisation_id}
    record(kind=EventKind.OFFICE_CREATED, actor=SYSTEM, subject_id=office_id, at=now, facts=facts)


def officer_appointed(
    *, officer_id: UUID, identity_id: UUID, office_id: UUID, role: OfficerRole, now: datetime
) -> None:
    """A citizen has a right in an office (REG-11)."""
    facts: dict[str, Fact] = {"officer": officer_id, "office": office_id, "role": role.value}
    record(kind=EventKind.OFFICER_APPOINTED, actor=SYSTEM, subject_id=identity_id, at=now, facts=facts)


def device_stocked(*, office_id: UUID, serial: str, now: datetime) -> None:
    """A device lies in an office's stock."""
    record(kind=EventKind.DEVICE_STOCKED, actor=SYSTEM, subject_id=office_id, at=now, facts={"serial": serial})
