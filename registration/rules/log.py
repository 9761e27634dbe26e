"""What an auditor may ask of the log, and how the question itself is written down: pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.api import EventKind, Fact
from registration.states import LogRefusal

NOTHING_CHOSEN: Final = "none"


@dataclass(frozen=True, kw_only=True)
class LogFilters:
    """What the lines have in common; ``None`` means that it does not matter.

    ``actor_id`` is an officer's right, or a citizen's identity. ``since`` is inside, ``until`` is not.
    """

    subject_id: UUID | None = None
    actor_id: UUID | None = None
    kind: EventKind | None = None
    since: datetime | None = None
    until: datetime | None = None


def refusal_to_search(filters: LogFilters, *, own_ids: Collection[UUID]) -> LogRefusal | None:
    """Decide whether an auditor may ask this; ``None`` means they may.

    ``own_ids`` are the auditor's identity and every right they have or had.

    Rule: REG-10: nobody audits what they did themselves, or what is about their own identity.
    """
    if filters.subject_id in own_ids:
        return LogRefusal.OWN_IDENTITY
    if filters.actor_id in own_ids:
        return LogRefusal.OWN_ACTS
    return None


def facts_of_search(filters: LogFilters, *, is_older_page: bool) -> dict[str, Fact]:
    """Write a question down as codes and opaque ids, so that it can be asked again.

    Rule:  LOG-2.
    Times: ``since`` and ``until`` as whole seconds since 1970.
    """
    chosen = {
        "subject": filters.subject_id,
        "actor": filters.actor_id,
        "kind": filters.kind,
        "since": filters.since,
        "until": filters.until,
    }
    names = [name for name, value in chosen.items() if value is not None]
    facts: dict[str, Fact] = {"filters": "+".join(names) or NOTHING_CHOSEN, "is_older_page": is_older_page}
    if filters.actor_id is not None:
        facts["actor"] = filters.actor_id
    if filters.kind is not None:
        facts["kind"] = filters.kind.value
    if filters.since is not None:
        facts["since"] = int(filters.since.timestamp())
    if filters.until is not None:
        facts["until"] = int(filters.until.timestamp())
    return facts
