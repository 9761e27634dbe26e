"""An auditor looks at one line of the log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import EventKey, LogLine, event_by_key, neighbours_of
from registration import events
from registration.auditing import own_ids_of
from registration.rules.log import LogFilters, refusal_to_search
from registration.states import OfficerRole
from registration.steps import acting_as
from registration.usecases.search_log import LogRefused


@dataclass(frozen=True)
class EventShown:
    """The event, and those about the same subject that came before and after it."""

    line: LogLine
    earlier: EventKey | None
    later: EventKey | None


@dataclass(frozen=True)
class EventNotThere:
    """There is no such event."""


@transaction.atomic(durable=True)
def view_log_event(*, officer_id: UUID, key: EventKey, now: datetime) -> EventShown | EventNotThere | LogRefused:
    """One event is shown whole, and the log says who looked.

    Rule:   REG-10.
    Raises: MayNotAct.
    Writes: AuditEvent.
    """
    officer = acting_as(OfficerRole.AUDITOR, officer_id=officer_id, now=now)
    line = event_by_key(key)
    if line is None:
        return EventNotThere()
    own_ids = own_ids_of(officer.identity_id)
    asked = LogFilters(subject_id=line.subject_id, actor_id=line.actor.id)
    refusal = refusal_to_search(asked, own_ids=own_ids)
    if refusal is not None:
        events.log_search_refused(filters=asked, reason=refusal, actor=officer.actor, now=now)
        return LogRefused(refusal)
    earlier, later = neighbours_of(line, left_out=own_ids)
    events.log_event_viewed(event_id=line.id, subject_id=line.subject_id, actor=officer.actor, now=now)
    return EventShown(line, earlier, later)
