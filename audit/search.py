"""What an auditor asks of the log, its seals and the looks through it: the newest first, a page at a time.

Events are ordered and paged by time and id together, so that a page goes on exactly where the last one ended,
also where many events bear the same instant, and so that a range of time touches its own months alone.

A line of no instant that can be, which somebody put there past the database's own checks, would be in front for ever
or end the search with an error: it is passed by here, and verification tells of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from audit.models import AuditEvent, AuditSeal, AuditVerification
from audit.models.audit_event import is_of_our_time
from audit.rules import Actor
from audit.states import ActorKind, EventKind

LATE_FOR: Final = timedelta(hours=25)
"""A gap is searched for late commits for a day; an hour for the sealer's own delay."""

_SEALS_OVER: Final = """
SELECT wanted.id, over.number, over.at,
       EXISTS (
           SELECT FROM jsonb_array_elements(over.missing) AS gap
           WHERE to_jsonb(wanted.id) BETWEEN gap->0 AND gap->1
       ) AS is_in_a_gap
FROM unnest(%s::bigint[]) AS wanted(id)
CROSS JOIN LATERAL (
    SELECT number, at, missing FROM audit_auditseal
    WHERE last_id >= wanted.id ORDER BY last_id, number LIMIT 1
) AS over
"""
_LATE_SEALS: Final = """
SELECT wanted.id, late.number
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[]) AS wanted(id, number, until)
CROSS JOIN LATERAL (
    SELECT number FROM audit_auditseal
    WHERE number > wanted.number AND at < wanted.until AND late @> to_jsonb(wanted.id)
    ORDER BY number LIMIT 1
) AS late
"""


@dataclass(frozen=True, order=True)
class EventKey:
    """Where a page ends: the last line's time and id."""

    at: datetime
    id: int


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One event as an auditor sees it. ``kind`` is text: a row that somebody forged may name one that there is not."""

    id: int
    at: datetime
    kind: str
    actor: Actor
    subject_id: UUID | None
    facts: Mapping[str, object]
    seal: int | None

    @property
    def key(self) -> EventKey:
        """Where the list goes on behind this line."""
        return EventKey(self.at, self.id)


@dataclass(frozen=True, kw_only=True)
class SealLine:
    """A seal as it is listed: how many rows it covers, and how many of them were committed late."""

    number: int
    at: datetime
    rows: int
    late_rows: int


@dataclass(frozen=True, kw_only=True)
class VerificationLine:
    """One look through the log. The seals are None when there were none to look at."""

    at: datetime
    from_seal: int | None
    to_seal: int | None
    rows: int
    findings: int
    seconds: float


def search_events(
    *,
    subject_id: UUID | None = None,
    actor_id: UUID | None = None,
    kinds: Collection[EventKind] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    left_out: Collection[UUID] = (),
    before: EventKey | None = None,
    limit: int,
) -> list[LogLine]:
    """List the events that meet every condition given, the newest first, each with the seal that covers it.

    ``left_out`` names identities and officers: what they did and what is about them is passed over.

    Times:  aware; ``since`` is inside, ``until`` is not.
    Raises: ValueError when ``limit`` is not positive.
    """
    if limit < 1:
        raise ValueError("A page has at least one line.")
    rows = _without(_lines(), left_out)
    if subject_id is not None:
        rows = rows.filter(subject_id=subject_id)
    if actor_id is not None:
        rows = rows.filter(actor_id=actor_id)
    if kinds is not None:
        rows = rows.filter(kind__in=[kind.value for kind in kinds])
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    if before is not None:
        # Both halves name the time, so that the planner leaves the later months out.
        rows = rows.filter(Q(at__lte=before.at) & (Q(at__lt=before.at) | Q(id__lt=before.id)))
    return _with_seals([_line(row) for row in rows.order_by("-at", "-id")[:limit]])


def event_by_key(key: EventKey) -> LogLine | None:
    """Find one event; None when there is none."""
    row = _lines().filter(at=key.at, id=key.id).first()
    return _with_seals([_line(row)])[0] if row else None


def neighbours_of(line: LogLine, *, left_out: Collection[UUID] = ()) -> tuple[EventKey | None, EventKey | None]:
    """Tell which event about the same subject came before this one, and which came after."""
    if line.subject_id is None:
        return None, None
    rows = _without(_lines().filter(subject_id=line.subject_id), left_out)
    earlier = rows.filter(Q(at__lte=line.at) & (Q(at__lt=line.at) | Q(id__lt=line.id))).order_by("-at", "-id")
    later = rows.filter(Q(at__gte=line.at) & (Q(at__gt=line.at) | Q(id__gt=line.id))).order_by("at", "id")
    return _first_key(earlier), _first_key(later)


def seals_over(ids: Collection[int]) -> dict[int, int]:
    """Tell which seal covers each event; one that no seal covers yet is left out.

    An id within a seal's range is covered by it, unless it was missing then: such a row was committed late, and a
    later seal names it.
    """
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SEALS_OVER, [sorted(ids)])
        found = cursor.fetchall()
        covered = {row_id: number for row_id, number, _at, is_in_a_gap in found if not is_in_a_gap}
        gaps = [(row_id, number, at + LATE_FOR) for row_id, number, at, is_in_a_gap in found if is_in_a_gap]
        if gaps:
            cursor.execute(_LATE_SEALS, [list(column) for column in zip(*gaps, strict=True)])
            covered |= dict(cursor.fetchall())
    return covered


def latest_seals(*, before: int | None = None, limit: int) -> list[SealLine]:
    """List seals, the newest first, below the number ``before``."""
    rows = AuditSeal.objects.order_by("-number")
    if before is not None:
        rows = rows.filter(number__lt=before)
    values = rows.values_list("number", "at", "row_count", "late")[:limit]
    return [SealLine(number=number, at=at, rows=count, late_rows=len(late)) for number, at, count, late in values]


def latest_verifications(*, limit: int) -> list[VerificationLine]:
    """List the latest looks through the log, the newest first."""
    rows = AuditVerification.objects.order_by("-id")[:limit]
    return [
        VerificationLine(
            at=row.at,
            from_seal=row.from_seal,
            to_seal=row.to_seal,
            rows=row.rows,
            findings=row.findings,
            seconds=row.seconds,
        )
        for row in rows
    ]


def _lines() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(is_of_our_time(), id__gte=1)


def _without(rows: QuerySet[AuditEvent], left_out: Collection[UUID]) -> QuerySet[AuditEvent]:
    if not left_out:
        return rows
    # Spelt out with NULL: a row without an actor or a subject is about nobody who is left out.
    return rows.filter(
        Q(actor_id__isnull=True) | ~Q(actor_id__in=left_out), Q(subject_id__isnull=True) | ~Q(subject_id__in=left_out)
    )


def _first_key(rows: QuerySet[AuditEvent]) -> EventKey | None:
    found = rows.values_list("at", "id").first()
    return EventKey(*found) if found else None


def _line(row: AuditEvent) -> LogLine:
    return LogLine(
        id=row.id,
        at=row.at,
        kind=row.kind,
        actor=Actor(ActorKind(row.actor_kind), row.actor_id, row.office_id, row.organisation_id),
        subject_id=row.subject_id,
        facts=row.facts,
        seal=None,
    )


def _with_seals(lines: Sequence[LogLine]) -> list[LogLine]:
    seals = seals_over([line.id for line in lines])
    return [replace(line, seal=seals.get(line.id)) for line in lines]
