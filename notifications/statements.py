"""The statements that every delivery runs, prepared and without the detour by models (docs/decisions/0086).

A delivery costs three of them: look, claim, note the yes. Whatever is rarer goes by the models.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.api import prepared_cursor
from notifications.states import OPEN_STATES, Channel, DeliveryState, Language, MessageKind, Priority

_COUNTS: Final = (
    "answered_yes", "answered_no", "failed", "slow", "took_ms_sum", "delivered", "undelivered", "unknown_reports",
    "segments", "cost_micro",
)  # fmt: skip
_OPEN: Final = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))
_FOUND: Final = """SELECT (SELECT row_to_json(found)::text FROM (
        SELECT id, state, attempts, unanswered, channel, priority, language, provider, failure, in_doubt_since,
            created_at, useful_until, maybe_doubled, encode(address_sealed, 'hex') AS address_sealed,
            encode(subject_sealed, 'hex') AS subject_sealed, encode(body_sealed, 'hex') AS body_sealed,
            ARRAY(
                SELECT provider FROM notifications_smsoptout
                WHERE phone_index = address_index AND noted_at > %s AND kind <> '{heartbeat}'
            ) AS told_to_stop
        FROM notifications_delivery
        WHERE state IN ({open_states}) AND next_attempt_at <= %s{and_more}
        ORDER BY priority, next_attempt_at
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    ) AS found)
"""
_MOST_URGENT: Final = _FOUND.format(open_states=_OPEN, heartbeat=MessageKind.HEARTBEAT, and_more="")
_BY_ID: Final = _FOUND.format(open_states=_OPEN, heartbeat=MessageKind.HEARTBEAT, and_more=" AND id = %s")
_CLAIM: Final = f"""UPDATE notifications_delivery
    SET state = '{DeliveryState.CLAIMED}', attempts = %s, unanswered = %s, provider = asked.name, in_doubt_since = %s,
        next_attempt_at = %s,
        provider_reference = CASE WHEN provider = asked.name THEN provider_reference ELSE '' END
    FROM (SELECT %s::varchar AS name) AS asked
    WHERE id = %s
"""  # noqa: S608 - a state of ours
_NOTE_YES: Final = f"""WITH noted AS (
        UPDATE notifications_delivery
        SET state = '{DeliveryState.SENT}', sent_at = %s, next_attempt_at = NULL, in_doubt_since = NULL, provider = %s,
            provider_reference = %s, receipt_due_at = %s, segments = %s, cost_micro = %s, cost_currency = %s
        WHERE id = %s AND state = '{DeliveryState.CLAIMED}' AND attempts = %s
        RETURNING 1
    ), counted AS (
        INSERT INTO notifications_providerminute AS kept (provider, channel, minute, slot, {", ".join(_COUNTS)})
        SELECT %s::varchar, %s::varchar, %s::timestamptz, %s::smallint, {", ".join(["%s::bigint"] * len(_COUNTS))}
        FROM noted
        ON CONFLICT (minute, provider, channel, slot)
        DO UPDATE SET {", ".join(f"{name} = kept.{name} + EXCLUDED.{name}" for name in _COUNTS)}
    )
    SELECT count(*) FROM noted
"""  # noqa: S608 - states and names of ours


@dataclass(frozen=True)
class Due:
    """What is looked at to claim a delivery, whose row is locked."""

    id: UUID
    state: DeliveryState
    attempts: int
    unanswered: int
    channel: Channel
    priority: Priority
    language: Language
    provider: str
    failure: str
    in_doubt_since: datetime | None
    created_at: datetime
    useful_until: datetime | None
    maybe_doubled: int
    told_to_stop: frozenset[str]
    address_sealed: bytes = field(repr=False)
    subject_sealed: bytes | None = field(repr=False)
    body_sealed: bytes = field(repr=False)


def lock_due(*, delivery_id: UUID | None, now: datetime, opted_out_since: datetime) -> Due | None:
    """Give what may be claimed, by its id or else the most urgent of all; None when nothing is, or others hold it.

    Locks: the row, unless somebody else holds it.
    """
    cursor = prepared_cursor(transaction.get_connection())
    if delivery_id is None:
        cursor.execute(_MOST_URGENT, (opted_out_since, now))
    else:
        cursor.execute(_BY_ID, (opted_out_since, now, delivery_id))
    (found,) = cursor.fetchone()
    if found is None:
        return None
    told = json.loads(found)
    return Due(
        id=UUID(told["id"]),
        state=DeliveryState(told["state"]),
        attempts=told["attempts"],
        unanswered=told["unanswered"],
        channel=Channel(told["channel"]),
        priority=Priority(told["priority"]),
        language=Language(told["language"]),
        provider=told["provider"],
        failure=told["failure"],
        in_doubt_since=_instant(told["in_doubt_since"]),
        created_at=datetime.fromisoformat(told["created_at"]),
        useful_until=_instant(told["useful_until"]),
        maybe_doubled=told["maybe_doubled"],
        told_to_stop=frozenset(told["told_to_stop"]),
        address_sealed=bytes.fromhex(told["address_sealed"]),
        subject_sealed=None if told["subject_sealed"] is None else bytes.fromhex(told["subject_sealed"]),
        body_sealed=bytes.fromhex(told["body_sealed"]),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def write_claim(
    *, delivery_id: UUID, attempt: int, unanswered: int, provider: str, in_doubt_since: datetime | None, until: datetime
) -> None:
    """The row, which is locked, is claimed; a reference that another provider gave it is dropped.

    Reports know an attempt by provider and reference together.

    Writes: Delivery.
    """
    cursor = prepared_cursor(transaction.get_connection())
    cursor.execute(_CLAIM, (attempt, unanswered, in_doubt_since, until, provider, delivery_id))


@dataclass(frozen=True, kw_only=True)
class Yes:
    """What is noted of a provider's yes to the attempt that holds the claim."""

    delivery_id: UUID
    attempt: int
    provider: str
    provider_reference: str
    receipt_due_at: datetime
    segments: int | None
    cost_micro: int | None
    cost_currency: str
    channel: Channel
    slot: int
    at: datetime


def write_yes(yes: Yes, counts: dict[str, int]) -> bool:
    """Note a yes and count it in its provider's minute; False, and nothing written, when the claim is gone.

    Raises: IntegrityError when another delivery has the provider's reference.
    Locks:  the delivery's row, then the provider's minute.
    Writes: Delivery, ProviderMinute.
    """
    row = (yes.at, yes.provider, yes.provider_reference, yes.receipt_due_at, yes.segments, yes.cost_micro)
    minute = (yes.provider, yes.channel.value, yes.at.replace(second=0, microsecond=0), yes.slot)
    cursor = prepared_cursor(transaction.get_connection())
    guard = (yes.cost_currency, yes.delivery_id, yes.attempt)
    cursor.execute(_NOTE_YES, (*row, *guard, *minute, *(counts[name] for name in _COUNTS)))
    (noted,) = cursor.fetchone()
    return int(noted) == 1
