"""Recording an event in the transaction of what it tells of."""

import logging
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from audit import tail
from audit.prepared import prepared_cursor
from audit.rules import Actor, Fact, clean_facts, jsonb_text, objection_to_actor, row_message_of
from audit.sealer import sealer
from audit.sql import SEQUENCE
from audit.states import EventKind

logger = logging.getLogger(__name__)

_NEXT_ID: Final = f"SELECT nextval('{SEQUENCE}')"
_INSERT: Final = """
    INSERT INTO audit_auditevent
        (id, at, kind, actor_kind, actor_id, office_id, organisation_id, subject_id, facts, mac)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)
"""
_highest: dict[str, int] = {}
"""The highest id that this process drew, by database."""
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
    Writes:  AuditEvent; once it is committed, the tail journal.
    """
    database = transaction.get_connection()  # once: each look through Django's proxy costs as much as the keyed hash
    if not database.in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of what it tells of.")
    if at.tzinfo is None:
        raise ValueError("An event happens at an aware instant.")
    objection = objection_to_actor(actor)
    if objection is not None:
        raise ValueError(objection)
    stored = jsonb_text(clean_facts(facts))
    cursor = prepared_cursor(database)
    # The id is part of what is keyed, so it is drawn first: a row copied under another id shows.
    row_id = _drawn(cursor, str(database.settings_dict["NAME"]))
    message = row_message_of(row_id=row_id, at=at, kind=kind, actor=actor, subject_id=subject_id, facts_text=stored)
    mac = sealer().row_mac(message)
    ids = (actor.id, actor.office_id, actor.organisation_id, subject_id)
    cursor.execute(_INSERT, (row_id, at, kind.value, actor.kind.value, *ids, stored, mac))
    database.on_commit(lambda: tail.note(row_id, mac))
    return row_id


def _drawn(cursor: CursorWrapper, name: str) -> int:
    # Whoever sets the sequence back has ids written twice, of which seals know one. The act is not refused: the row is
    # in the journal with its own keyed hash, and verification accuses whoever takes it away.
    floor = _highest.get(name, 0)  # before drawing: another thread may have drawn, and said so, in between
    cursor.execute(_NEXT_ID)
    row_id = int(cursor.fetchone()[0])
    if row_id <= floor:
        logger.error("The log's sequence was set back: it gave %d after %d. Run audit verify.", row_id, floor)
    _highest[name] = max(row_id, floor, _highest.get(name, 0))
    return row_id
