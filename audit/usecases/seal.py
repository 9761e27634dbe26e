"""Sealing the log."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from audit import heads, tail
from audit.models import AuditSeal
from audit.seals import (
    MOST_ROWS,
    head_of,
    heads_after,
    last_seal,
    late_rows,
    make_seal,
    open_gaps,
    rows_after,
    take_turn,
    unproven,
)

logger = logging.getLogger(__name__)

MOST_SEALS: Final = 40
"""In one run, so that a run ends; what is left waits for the next."""
MOST_HEADS: Final = 1000
"""Written at once into a file that lacks them: a later one vouches for those before it."""


@dataclass(frozen=True)
class Sealed:
    """What one run sealed."""

    seals: int
    rows: int


def seal_log(*, now: datetime) -> Sealed:
    """Every row that was committed when this began is covered by exactly one seal.

    Rule:    LOG-1. Ids that roll-backs skipped are listed as missing; a row among them that is committed later is
             sealed as late. Nothing new means no seal.
    Raises:  what ``sealer().away`` names while the keys cannot be reached: nothing is lost, the next run goes on.
    Locks:   an advisory lock: while another process seals, nothing is done.
    Writes:  AuditSeal, one a transaction; then the heads file; the tail journals lose what is sealed.
    """
    _catch_up_heads()
    seals = rows = 0
    last: AuditSeal | None = None
    while seals < MOST_SEALS:
        made = _seal_next(now)
        if made is None:
            break
        heads.append_heads([head_of(made)])
        seals, rows, last = seals + 1, rows + made.row_count, made
        if made.row_count < MOST_ROWS:
            break
    if last is not None:
        _prune_tail(last)
    return Sealed(seals, rows)


@transaction.atomic(durable=True)
def _seal_next(now: datetime) -> AuditSeal | None:
    if not take_turn():
        return None
    last = last_seal()
    rows = rows_after(0 if last is None else last.last_id)
    late = [] if last is None else late_rows(last, now=now)
    if not rows and not late:
        return None
    return make_seal(after=last, rows=rows, late=late, now=now)


def _catch_up_heads() -> None:
    last = last_seal()
    try:
        told = heads.last_head()
    except OSError as error:
        logger.error("The log's heads cannot be read: %s", error)  # noqa: TRY400 - the cause says it all
        return
    if told == (None if last is None else head_of(last)):
        return
    if told is not None and not AuditSeal.objects.filter(number=told.number, hash=told.hash).exists():
        # Cut off, or brought back from a backup: which, only a person knows. The file keeps what it tells.
        logger.error("The heads file tells of seal %d, which the database has not: run audit verify.", told.number)
        return
    heads.append_heads(heads_after(0 if told is None else told.number, limit=MOST_HEADS))


def _prune_tail(last: AuditSeal) -> None:
    gaps = open_gaps(last)
    try:
        # A journal that was out of reach for a day: what it tells of is looked up one by one.
        first_id = last.last_id + 1 if gaps.first_id is None else gaps.first_id
        old = unproven([entry.id for entry in tail.read_tail() if entry.id < first_id])
        tail.prune(last.last_id, open_gaps=[*gaps.all(), *((row_id, row_id) for row_id in old)])
    except OSError as error:
        logger.error("The log's tail journals cannot be shortened: %s", error)  # noqa: TRY400 - the cause says it all
