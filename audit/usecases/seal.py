"""Sealing the log."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from audit import heads, tail
from audit.genuine import last_drawn_id, newest_seal
from audit.models import AuditSeal
from audit.seals import (
    MOST_ROWS,
    Found,
    Row,
    head_of,
    heads_before,
    is_beyond,
    late_rows,
    make_seal,
    rows_after,
    slot_of,
    take_turn,
)
from audit.settling import settle
from audit.verification.rules import SealRow

logger = logging.getLogger(__name__)

MOST_SEALS: Final = 40
"""In one run, so that a run ends; what is left waits for the next."""
MOST_HEADS: Final = 1000
"""Written at once into a file that lacks them: a later one vouches for those before it."""
MAY_BE_AHEAD: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Sealed:
    """What one run sealed."""

    seals: int
    rows: int


@dataclass(frozen=True)
class _Made:
    seal: AuditSeal
    rows: list[Row]


class _LongLook:
    """The five minutes in which this process looked through a whole day, and where its next look begins.

    Without them each run of an idle night would be a long one: no seal is made that tells of the last.
    """

    slot: tuple[int, bytes] | None = None
    from_id = 0


def seal_log(*, now: datetime) -> Sealed:
    """Every row that was committed when this began, and that fits its keyed hash, is covered by exactly one seal.

    Rule:    LOG-1. Ids that roll-backs skipped are listed as missing; a row among them that is committed later is
             sealed as late. Nothing new means no seal. A row that is not as the portal writes rows is left out, and
             said: a seal would vouch for it.
    Raises:  ChainBroken when the newest stored seal is not ours or the sequence of ids was set back; what
             ``sealer().away`` names while the keys cannot be reached: nothing is lost, the next run goes on.
    Locks:   an advisory lock: while another process seals, nothing is done.
    Writes:  AuditSeal, one a transaction; then the heads file; the tail journals lose what is sealed.
    """
    newest = newest_seal()
    _catch_up_heads(newest)
    slot = None if newest is None else slot_of(newest, now=now)
    is_long = slot not in {None, _LongLook.slot}
    seals = rows = 0
    while seals < MOST_SEALS:
        made = _seal_next(now, is_long=is_long and not seals)
        if made is None:
            break
        heads.append_heads([head_of(made.seal)])
        _prune(made.rows)
        seals, rows = seals + 1, rows + len(made.rows)
        if len(made.rows) < MOST_ROWS:
            break
    if newest is not None:
        _settle(newest, is_long=is_long)
    _LongLook.slot = slot or _LongLook.slot
    return Sealed(seals, rows)


@transaction.atomic(durable=True)
def _seal_next(now: datetime, *, is_long: bool) -> _Made | None:
    if not take_turn():
        return None
    last = newest_seal()
    last_id = 0 if last is None else last.last_id
    new = rows_after(last_id, up_to=last_drawn_id(last))
    late = Found() if last is None else late_rows(last, is_long=is_long)
    _warn(new, late, last_id)
    if not new.rows and not late.rows:
        return None
    if last is not None and last.at > now + MAY_BE_AHEAD:
        logger.error("The newest seal is of %s, which is yet to come: a clock ran ahead.", last.at.isoformat())
    return _Made(make_seal(after=last, rows=new.rows, late=late.rows, now=now), sorted([*new.rows, *late.rows]))


def _warn(new: Found, late: Found, last_id: int) -> None:
    for found in (new, late):
        if found.wrong:
            logger.error(
                "%d rows of the log do not fit their keyed hashes and are not sealed, the first is %d: run audit"
                " verify.",
                found.wrong,
                found.first_wrong,
            )
        if found.twin is not None:
            logger.error("Row %d of the log stands twice: run audit verify.", found.twin)
    if is_beyond(last_id):
        logger.error("The log has rows of ids that were never drawn; they are not sealed: run audit verify.")


def _catch_up_heads(newest: SealRow | None) -> None:
    try:
        told = heads.last_head()
    except OSError as error:
        logger.error("The log's heads cannot be read: %s", error)  # noqa: TRY400 - the cause says it all
        return
    if told == (None if newest is None else head_of(newest)):
        return
    if told is not None and not AuditSeal.objects.filter(number=told.number, hash=told.hash).exists():
        # Cut off, or brought back from a backup: which, only a person knows. The file keeps what it tells.
        logger.error("The heads file tells of seal %d, which the database has not: run audit verify.", told.number)
        return
    if newest is None:
        return
    number = 0 if told is None else told.number
    lacking = heads_before(newest, after=number, limit=MOST_HEADS)
    if len(lacking) < min(MOST_HEADS, newest.number - number):
        logger.error("The seals before seal %d do not follow each other: run audit verify.", newest.number)
    heads.append_heads(lacking)


def _prune(rows: list[Row]) -> None:
    try:
        tail.prune(rows)
    except OSError as error:
        logger.error("The log's tail journals cannot be shortened: %s", error)  # noqa: TRY400 - the cause says it all


def _settle(newest: SealRow, *, is_long: bool) -> None:
    try:
        settled = settle(newest, is_long=is_long, from_id=_LongLook.from_id if is_long else 0)
    except OSError as error:
        logger.error("The log's tail journals cannot be read: %s", error)  # noqa: TRY400 - the cause says it all
        return
    if is_long:
        _LongLook.from_id = settled.next_id
    if settled.refuted:
        logger.error(
            "The journals tell of %d rows that the seals over their ids do not bear out, the first is %d: run audit"
            " verify.",
            settled.refuted,
            settled.first_refuted,
        )
