"""Reading the log."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.models import AuditEvent
from audit.rules import Actor
from audit.states import ActorKind, EventKind


@dataclass(frozen=True)
class EventLine:
    """One event, as it is shown."""

    id: int
    at: datetime
    kind: EventKind
    actor: Actor
    subject_id: UUID | None
    facts: Mapping[str, str | int | bool | None]


def events_about(
    *,
    subject_id: UUID,
    kinds: Collection[EventKind] | None = None,
    before: int | None = None,
    limit: int,
) -> list[EventLine]:
    """Give what happened to a subject, the newest first; the last line's id is the next page's ``before``.

    Raises: ValueError when ``limit`` is not positive.
    """
    if limit < 1:
        raise ValueError("A page has at least one line.")
    rows = AuditEvent.objects.filter(subject_id=subject_id).order_by("-id")
    if kinds is not None:
        rows = rows.filter(kind__in=[kind.value for kind in kinds])
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [_line(row) for row in rows[:limit]]


def _line(row: AuditEvent) -> EventLine:
    actor = Actor(ActorKind(row.actor_kind), row.actor_id, row.office_id, row.organisation_id)
    return EventLine(row.id, row.at, EventKind(row.kind), actor, row.subject_id, row.facts)
