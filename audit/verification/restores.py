"""Breaks that were accepted after a restore: shown with every verification."""

import json
from typing import Any, Final

from django.db import connection

from audit.sealer import sealer
from audit.states import EventKind
from audit.verification.findings import AcceptedRestore
from audit.verification.months import PARENT
from audit.verification.reading import MESSAGE, MICROSECONDS, instant_from

_RESTORES: Final = f"SELECT id, {MICROSECONDS}, facts::text, mac, {MESSAGE} FROM {PARENT} WHERE kind = %s ORDER BY id"  # noqa: S608 - ours


def accepted_restores() -> tuple[AcceptedRestore, ...]:
    """Give every accepted break, the oldest first.

    A row that does not fit its keyed hash accepts nothing: verification tells of it as a row.

    Raises: what the sealer raises while the keys are away.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RESTORES, [EventKind.RESTORE_ACCEPTED.value])
        rows = cursor.fetchall()
    restores = (_restore(*row) for row in rows)
    return tuple(restore for restore in restores if restore is not None)


def _restore(
    row_id: int, at_us: int | None, facts_text: str, mac: bytes | None, message: str
) -> AcceptedRestore | None:
    at = None if at_us is None else instant_from(at_us)
    if at is None or not sealer().row_mac_matches(message.encode(), bytes(mac or b"")):
        return None
    facts: dict[str, Any] = json.loads(facts_text)
    return AcceptedRestore(
        at=at,
        row_id=row_id,
        reason=str(facts.get("reason")),
        lost_number=_number(facts.get("lost_number")),
        lost_hash=str(facts.get("lost_hash") or ""),
        kept_number=_number(facts.get("kept_number")),
    )


def _number(fact: object) -> int:
    return fact if type(fact) is int else 0
