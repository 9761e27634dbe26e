"""Which of the stored seals sealing may go by: the database is asked, and not believed."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.db import connection

from audit.models import AuditSeal
from audit.sealer import sealer
from audit.sql import LAST_DRAWN
from audit.verification.reading import instant_from, seals_from
from audit.verification.rules import SealRow, late_from, objection_to_link, objection_to_seal, spans_from

SEALS_AT_ONCE: Final = 1000


class ChainBroken(RuntimeError):  # noqa: N818 - it says what is so
    """The log's end is not one that a seal of ours may follow: only a person can tell why."""


def newest_seal() -> SealRow | None:
    """Give the newest seal, whose fields, signatures and link were checked; ``None`` when there is none.

    Rule:   LOG-1. Whoever may add rows to the table may add a seal, but none with the signatures.
    Raises: ChainBroken; what ``sealer().away`` names.
    """
    number = AuditSeal.objects.order_by("-number").values_list("number", flat=True).first()
    if number is None:
        return None
    *before, newest = seals_from(number - 1, limit=2)
    seal = newest.seal
    objection = "its columns are not those of a seal" if seal is None else judged(seal)
    if seal is not None and objection is None and (before or number == 1):
        previous = before[0].seal if before else None
        if number == 1 or previous is not None:
            objection = objection_to_link(seal, previous)
    if seal is None or objection is not None:
        message = f"Seal {number}: {objection}. Nothing is sealed until it is gone: run audit verify."
        raise ChainBroken(message)
    return seal


def judged(seal: SealRow) -> str | None:
    """Say why a stored seal is not one of ours; ``None`` means that it is.

    Raises: what ``sealer().away`` names.
    """
    return objection_to_seal(seal, required=sealer().required_keys(), matches=sealer().seal_signature_matches)


def last_drawn_id(last: SealRow | None) -> int:
    """Give the last id that was drawn: no row of ours lies beyond it.

    Raises: ChainBroken when it lies before the last sealed one: what is written now would never be sealed.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce({LAST_DRAWN}, 0)")
        drawn = int(cursor.fetchone()[0])
    if last is not None and drawn < last.last_id:
        message = f"The sequence of ids stands at {drawn}, and {last.last_id} is sealed: it was set back."
        raise ChainBroken(message)
    return drawn


def objection_to_end() -> str | None:
    """Say why nothing can be sealed any more; ``None`` means that nothing is known against it.

    Rule: LOG-1. While the keys are away the signatures cannot be judged: that is said elsewhere.
    """
    try:
        last_drawn_id(newest_seal())
    except ChainBroken as broken:
        return str(broken)
    except sealer().away:
        return None
    return None


def seals_before(last: SealRow, *, most: int, not_before: timedelta | None = None) -> Iterator[SealRow]:
    """Give a genuine seal and those before it, the newest first and without signatures, as far as each is vouched for.

    A seal is vouched for by the next one, which names its hash. At most ``most``, and none that was made longer than
    ``not_before`` before ``last``: by number too, so that a clock which ran ahead for once does not make every later
    seal a recent one.
    """
    expected, number = last.hash, last.number
    end = max(0, last.number - most)
    while number > end:
        chunk = _unsigned(max(end, number - SEALS_AT_ONCE) + 1, number)
        for seal in chunk:
            is_next = seal.number == number and seal.hash == expected
            if not is_next or sha256(seal.message()).digest() != seal.hash:
                return
            if not_before is not None and last.at - seal.at > not_before:
                return
            yield seal
            expected, number = seal.previous, number - 1
        if not chunk:
            return


def _unsigned(first: int, last: int) -> list[SealRow]:
    # Without signatures, which are nearly all of a seal: the seal behind each vouches for it.
    with connection.cursor() as cursor:
        cursor.execute(_UNSIGNED, [first, last])
        found = []
        for number, at_us, first_id, last_id, count, missing, late, *digests in cursor.fetchall():
            spans, ids, at = spans_from(missing), late_from(late), instant_from(at_us or 0)
            if spans is None or ids is None or at is None:
                break
            rows, previous, own = (bytes(digest) for digest in digests)
            found.append(SealRow(number, at, first_id, last_id, count, spans, ids, rows, previous, own, ()))
    return found


_UNSIGNED: Final = """
SELECT number, CASE WHEN isfinite(at) THEN (extract(epoch FROM at) * 1000000)::bigint END, first_id, last_id, row_count,
       missing::json, late::json, rows_digest, previous, hash
FROM audit_auditseal WHERE number BETWEEN %s AND %s ORDER BY number DESC
"""
