"""JSON without ambiguity: what two readers could read differently is not read at all."""

import json
from typing import Any


def read_object(text: bytes) -> dict[str, Any] | None:
    """Read one JSON object; ``None`` for anything else.

    Refused beside what is no JSON: a member named twice (RFC 8259 leaves open which one counts), NaN and infinities,
    text that is not UTF-8, and nesting so deep that the reader gives up.

    Rule: RFC 7515 section 4 (no duplicate names); RFC 8259.
    """
    try:
        found = json.loads(text.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A member stands twice.")
    return found


def _refuse(_constant: str) -> None:
    raise ValueError("JSON has no such number.")
