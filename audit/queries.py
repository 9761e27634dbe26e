"""Reading the log, and how its sealing stands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min

from audit.models import AuditEvent, AuditSeal
from audit.rules import Actor
from audit.states import ActorKind, EventKind

ROUNDS_UNTIL_LATE: Final = 12  # rounds of the sealing task that may fail before it is said
MOST_COUNTED: Final = 100_000


@dataclass(frozen=True)
class EventLine:
    """One event, as it is shown."""

    id: int
    at: datetime
    kind: EventKind
    actor: Actor
    subject_id: UUID | None
    facts: Mapping[str, str | int | bool | None]


@dataclass(frozen=True, kw_only=True)
class SealState:
    """How sealing stands: the newest seal, how many rows no seal covers yet, and whether they wait too long.

    ``waiting`` is counted up to ``MOST_COUNTED``.
    """

    number: int | None
    at: datetime | None
    waiting: int
    oldest_waiting_at: datetime | None
    is_late: bool


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


def seal_state(*, now: datetime) -> SealState:
    """Tell how sealing stands. Rows committed late, within a range that is sealed already, are not counted.

    Rule: LOG-1.
    """
    newest = AuditSeal.objects.order_by("-number").values_list("number", "at", "last_id").first()
    number, at, last_id = newest or (None, None, 0)
    waiting = AuditEvent.objects.filter(id__gt=last_id).order_by("id")[:MOST_COUNTED]
    found = waiting.aggregate(count=Count("id"), oldest=Min("at"))
    oldest: datetime | None = found["oldest"]
    late_after = timedelta(seconds=settings.AUDIT_SEAL_SECONDS * ROUNDS_UNTIL_LATE)
    return SealState(
        number=number,
        at=at,
        waiting=found["count"],
        oldest_waiting_at=oldest,
        is_late=oldest is not None and oldest < now - late_after,
    )


def _line(row: AuditEvent) -> EventLine:
    actor = Actor(ActorKind(row.actor_kind), row.actor_id, row.office_id, row.organisation_id)
    return EventLine(row.id, row.at, EventKind(row.kind), actor, row.subject_id, row.facts)
