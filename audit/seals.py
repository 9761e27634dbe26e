"""One seal over what was committed since the seal before, and what is known of the seals before it."""

import base64
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Final

from django.db import connection

from audit.heads import Head
from audit.models import AuditSeal
from audit.rules import NO_SEAL, missing_between, ranges_without, rows_digest, seal_message
from audit.sealer import SealSignature, sealer

MOST_ROWS: Final = 50_000
"""In one seal, and as many that came late."""
LATE_FOR: Final = timedelta(hours=24)
"""How long a gap is searched for rows whose transaction commits after the gap was sealed."""
YOUNG_SEALS: Final = 30
SLOT: Final = timedelta(minutes=5)
_ONE_SEALER: Final = 4_102_011  # the number of the advisory lock; nothing else of ours takes one of this number

Row = tuple[int, bytes]
Span = tuple[int, int]


@dataclass(frozen=True)
class Gaps:
    """The ids that recent seals list as missing and that no seal covers since."""

    young: list[Span]
    old: list[Span]
    first_id: int | None
    """From here on these are all the gaps there are; ``None``: no seal is recent."""

    def all(self) -> list[Span]:
        """Give both, ascending."""
        return sorted(self.young + self.old)


def take_turn() -> bool:
    """This transaction is the only one that seals, until it ends; false when another one is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ONE_SEALER])
        (is_taken,) = cursor.fetchone()
        # The statistics of a table that grows lag: reading it whole every few seconds would be its end.
        cursor.execute("SET LOCAL enable_seqscan = off")
    return bool(is_taken)


def last_seal() -> AuditSeal | None:
    """Give the newest seal."""
    return AuditSeal.objects.order_by("-number").first()


def rows_after(last_id: int) -> list[Row]:
    """Give the id and keyed hash of the next rows, at most ``MOST_ROWS``, by ascending id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, mac FROM audit_auditevent WHERE id > %s ORDER BY id LIMIT %s",
            [last_id, MOST_ROWS],
        )
        return [(row_id, bytes(mac)) for row_id, mac in cursor.fetchall()]


def rows_in(spans: Sequence[Span]) -> list[Row]:
    """Give the id and keyed hash of the rows within ranges, at most ``MOST_ROWS``, by ascending id."""
    if not spans:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event.id, event.mac FROM unnest(%s::bigint[], %s::bigint[]) AS gap (low, high)"
            " JOIN audit_auditevent AS event ON event.id BETWEEN gap.low AND gap.high ORDER BY event.id LIMIT %s",
            [*map(list, zip(*spans, strict=True)), MOST_ROWS],
        )
        return [(row_id, bytes(mac)) for row_id, mac in cursor.fetchall()]


def open_gaps(last: AuditSeal) -> Gaps:
    """Give the gaps of the day before the newest seal."""
    recent = AuditSeal.objects.filter(at__gte=last.at - LATE_FOR)
    late = set(chain.from_iterable(recent.exclude(late=[]).values_list("late", flat=True)))
    found: dict[bool, list[Span]] = {True: [], False: []}
    for number, missing in recent.exclude(missing=[]).order_by("number").values_list("number", "missing"):
        found[number > last.number - YOUNG_SEALS] += [(low, high) for low, high in missing]
    first_id = recent.order_by("number").values_list("first_id", flat=True).first()
    return Gaps(ranges_without(found[True], late), ranges_without(found[False], late), first_id)


def late_rows(last: AuditSeal, *, now: datetime) -> list[Row]:
    """Give rows within gaps: of the last seals at each sealing, of the whole day at the first one of five minutes.

    A transaction that commits later than some seconds after its neighbours is rare, and looking for it costs a search
    in every month for each gap.
    """
    gaps = open_gaps(last)
    is_new_slot = now.timestamp() // SLOT.total_seconds() != last.at.timestamp() // SLOT.total_seconds()
    return rows_in(gaps.all() if is_new_slot else gaps.young)


def make_seal(*, after: AuditSeal | None, rows: Sequence[Row], late: Sequence[Row], now: datetime) -> AuditSeal:
    """The rows are sealed.

    Rule:   LOG-1.
    Raises: what ``sealer().away`` names.
    Writes: AuditSeal.
    """
    number, first_id, previous, at = 1, 1, NO_SEAL, now
    if after is not None:
        number, first_id, previous = after.number + 1, after.last_id + 1, bytes(after.hash)
        at = max(now, after.at)
    last_id = rows[-1][0] if rows else first_id - 1
    missing = missing_between(first_id, last_id, (row_id for row_id, _ in rows))
    late_ids = [row_id for row_id, _ in late]
    digest = rows_digest(sorted([*rows, *late]))
    message = seal_message(
        number=number,
        at=at,
        first_id=first_id,
        last_id=last_id,
        row_count=len(rows) + len(late),
        missing=missing,
        late=late_ids,
        rows_digest=digest,
        previous=previous,
    )
    return AuditSeal.objects.create(
        number=number,
        at=at,
        first_id=first_id,
        last_id=last_id,
        row_count=len(rows) + len(late),
        missing=missing,
        late=late_ids,
        rows_digest=digest,
        previous=previous,
        hash=sha256(message).digest(),
        signatures=[_stored(signature) for signature in sealer().seal_signatures(message)],
    )


def head_of(seal: AuditSeal) -> Head:
    """Give a seal in short."""
    return Head(number=seal.number, hash=bytes(seal.hash), last_id=seal.last_id, at=seal.at)


def heads_after(number: int, *, limit: int) -> list[Head]:
    """Give the newest seals beyond a number in short, by ascending number."""
    newest = AuditSeal.objects.filter(number__gt=number).order_by("-number")[:limit]
    return [head_of(seal) for seal in reversed(newest)]


def unproven(ids: Collection[int]) -> list[int]:
    """Give those of some ids within the range of a seal that the seal lists as missing and no later one as late."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UNPROVEN, [sorted(ids)])
        return [row_id for (row_id,) in cursor.fetchall()]


def _stored(signature: SealSignature) -> dict[str, str | int]:
    value = base64.b64encode(signature.value).decode()
    return {"key": signature.key, "version": signature.version, "algorithm": signature.algorithm, "value": value}


_UNPROVEN: Final = """
SELECT wanted.id
FROM unnest(%s::bigint[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT number, missing FROM audit_auditseal WHERE last_id >= wanted.id ORDER BY last_id, number LIMIT 1
) AS over
WHERE EXISTS (
    SELECT FROM jsonb_array_elements(over.missing) AS gap
    WHERE wanted.id BETWEEN (gap->>0)::bigint AND (gap->>1)::bigint
) AND NOT EXISTS (
    SELECT FROM audit_auditseal WHERE number > over.number AND late @> to_jsonb(wanted.id)
)
"""
