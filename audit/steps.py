"""Recording an event in the transaction of what it tells of."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.db import connection

from audit.models import AuditEvent
from audit.rules import Actor, Fact, clean_facts, objection_to_actor, row_message
from audit.sealer import sealer
from audit.states import EventKind

NO_FACTS: Final[Mapping[str, Fact]] = MappingProxyType({})


def record(
    *,
    kind: EventKind,
    actor: Actor,
    subject_id: UUID | None,
    at: datetime,
    facts: Mapping[str, Fact] = NO_FACTS,
) -> int:
    """Add an event to the log; it lasts if the caller's transaction does.

    Rule:    LOG-1, LOG-2.
    Returns: the event's id.
    Raises:  RuntimeError outside a transaction; ValueError for a fact that is no short code, number or id,
             for a naive ``at`` and for an actor that cannot be; what the sealer raises.
    Writes:  AuditEvent.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of what it tells of.")
    if at.tzinfo is None:
        raise ValueError("An event happens at an aware instant.")
    objection = objection_to_actor(actor)
    if objection is not None:
        raise ValueError(objection)
    stored = clean_facts(facts)
    row_id = _next_id()
    message = row_message(row_id=row_id, at=at, kind=kind, actor=actor, subject_id=subject_id, facts=stored)
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                id=row_id,
                at=at,
                kind=kind.value,
                actor_kind=actor.kind.value,
                actor_id=actor.id,
                office_id=actor.office_id,
                organisation_id=actor.organisation_id,
                subject_id=subject_id,
                facts=stored,
                mac=sealer().row_mac(message),
            )
        ]
    )
    return row_id


def _next_id() -> int:
    # The id is part of what is keyed, so it is drawn first: a row copied under another id shows.
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('audit_auditevent', 'id'))")
        (row_id,) = cursor.fetchone()
    return int(row_id)
