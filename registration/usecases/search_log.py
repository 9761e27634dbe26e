"""An auditor searches the log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import EventKey, LogLine, search_events
from registration import events
from registration.auditing import own_ids_of
from registration.rules.log import LogFilters, refusal_to_search
from registration.states import LogRefusal, OfficerRole
from registration.steps import acting_as


@dataclass(frozen=True)
class LogPage:
    """What was found; ``older`` is where the next page begins, when there is one."""

    lines: list[LogLine]
    older: EventKey | None


@dataclass(frozen=True)
class LogRefused:
    """This may not be asked by this auditor."""

    reason: LogRefusal


@transaction.atomic(durable=True)
def search_log(
    *, officer_id: UUID, filters: LogFilters, before: EventKey | None, limit: int, now: datetime
) -> LogPage | LogRefused:
    """A page of the log is shown, and the log says who looked and for what.

    What the auditor did, and what is about their own identity, is passed over in every list.

    Rule:   REG-10, LOG-2.
    Raises: MayNotAct.
    Writes: AuditEvent.
    """
    officer = acting_as(OfficerRole.AUDITOR, officer_id=officer_id, now=now)
    own_ids = own_ids_of(officer.identity_id)
    refusal = refusal_to_search(filters, own_ids=own_ids)
    if refusal is not None:
        events.log_search_refused(filters=filters, reason=refusal, actor=officer.actor, now=now)
        return LogRefused(refusal)
    found = search_events(
        subject_id=filters.subject_id,
        actor_id=filters.actor_id,
        kinds=None if filters.kind is None else [filters.kind],
        since=filters.since,
        until=filters.until,
        left_out=own_ids,
        before=before,
        limit=limit + 1,
    )
    events.log_searched(filters=filters, is_older_page=before is not None, actor=officer.actor, now=now)
    lines = found[:limit]
    return LogPage(lines, older=lines[-1].key if len(found) > limit else None)
