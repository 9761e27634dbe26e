"""What self-service itself writes into the log; the steps it composes write the rest."""

from datetime import datetime
from uuid import UUID

from audit.api import Actor, EventKind, record
from identities.api import ChangeField


def change_request_refused(*, identity_id: UUID, field: ChangeField, reason: str, now: datetime) -> None:
    """A citizen asked for a code towards a change that would not be taken."""
    record(
        kind=EventKind.CHANGE_REQUEST_REFUSED,
        actor=Actor.citizen(identity_id),
        subject_id=identity_id,
        at=now,
        facts={"field": field.value, "reason": reason},
    )
