"""Whether the database still refuses what it should: triggers, constraints, columns that are never empty."""

from collections.abc import Collection, Iterator
from typing import Final

from django.db import connection

from audit.models import AuditEvent, AuditSeal, AuditVerification
from audit.verification.findings import Finding, FindingKind
from audit.verification.months import PARENT

_ROWS: Final = 27
_EMPTYING: Final = 34
"""What the trigger is asked before: an update or delete of each row; the emptying of the table (pg_trigger.tgtype)."""
_TRIGGERS: Final = """
SELECT tgrelid::regclass::text, tgname::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE tgrelid = ANY(%s::regclass[]) AND tgenabled IN ('O', 'A') AND tgqual IS NULL AND tgattr = ''
  AND (tgtype, proname) IN ((%s, 'audit_refuse_change'), (%s, 'audit_refuse_emptying'))
"""
_CONSTRAINTS: Final = """
SELECT conrelid::regclass::text, CASE contype WHEN 'p' THEN 'primary key' ELSE conname END::text FROM pg_constraint
WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('c', 'p') AND convalidated
"""
_FILLED: Final = """
SELECT attrelid::regclass::text, 'filled ' || attname FROM pg_attribute
WHERE attrelid = ANY(%s::regclass[]) AND attnum > 0 AND attnotnull
"""


def _expected(model: type[AuditEvent | AuditSeal | AuditVerification], *triggers: str) -> frozenset[str]:
    meta = model._meta  # noqa: SLF001 - Django's own name for what is public
    filled = {f"filled {column.column}" for column in meta.local_fields if column.column and not column.null}
    return frozenset({*triggers, "primary key", *filled, *(constraint.name for constraint in meta.constraints)})


_EVENT: Final = _expected(AuditEvent, "audit_event_keeps_its_rows", "audit_event_is_not_emptied")
_GUARDS: Final = {
    PARENT: _EVENT,
    "audit_auditseal": _expected(AuditSeal, "audit_seal_keeps_its_rows", "audit_seal_is_not_emptied"),
    "audit_auditverification": _expected(
        AuditVerification, "audit_verification_keeps_its_rows", "audit_verification_is_not_emptied"
    ),
}


def guards_gone(attached: Collection[str]) -> Iterator[Finding]:
    """Tell which tables and partitions lack something that they are guarded by.

    By name: one that was exchanged for another of its name is not noticed here. The seals do not depend on any.

    Rule: LOG-1.
    """
    expected = _GUARDS | dict.fromkeys(attached, _EVENT)
    standing = _standing(sorted(expected))
    where: dict[frozenset[str], list[str]] = {}
    for table, guards in sorted(expected.items()):
        where.setdefault(guards - standing.get(table, set()), []).append(table)
    for gone, tables in where.items():
        if gone:
            what = f"Gone or switched off: {', '.join(sorted(gone))}; at {', '.join(tables)}."
            is_one = len(tables) == 1 and tables[0] in attached
            yield Finding(FindingKind.GUARD_GONE, what, partition=tables[0] if is_one else None)


def _standing(tables: list[str]) -> dict[str, set[str]]:
    standing: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        for query, values in ((_TRIGGERS, [_ROWS, _EMPTYING]), (_CONSTRAINTS, []), (_FILLED, [])):
            cursor.execute(query, [tables, *values])
            for table, guard in cursor.fetchall():
                standing.setdefault(table, set()).add(guard)
    return standing
