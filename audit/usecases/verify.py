"""Verifying the log."""

from datetime import datetime
from time import perf_counter

from django.db import transaction

from audit.heads import each_head
from audit.models import AuditSeal, AuditVerification
from audit.rules import Actor
from audit.states import EventKind
from audit.steps import record
from audit.tail import read_tail
from audit.verification.examination import Examination, UnknownSeal
from audit.verification.findings import Progress, Verification
from audit.verification.reading import snapshot
from audit.verification.restores import accepted_restores


def verify_log(*, now: datetime, from_seal: int | None = None, progress: Progress | None = None) -> Verification:
    """Hold the whole log, or what came from a seal on, against its seals, heads and journal.

    Rule:    LOG-1.
    Returns: what was examined and what was found; never the content of a row.
    Raises:  UnknownSeal; OSError when the heads file or a journal cannot be read; what ``sealer().away`` names while
             the keys cannot be reached.
    Locks:   nothing: it reads one snapshot, beside writers and the sealer.
    Writes:  AuditVerification, AuditEvent.
    """
    began = perf_counter()
    start = 1 if from_seal is None else from_seal
    if start < 1:
        raise UnknownSeal("Seals are numbered from 1.")
    # Both are read here, before the snapshot: whatever they tell of was committed by then, so it must be in it.
    examination = Examination(heads=each_head(), journal=read_tail(), now=now, progress=progress)
    with snapshot():
        examination.run(start)
        restores = accepted_restores()
    verification = Verification(
        from_seal=start,
        to_seal=examination.to_seal,
        rows=examination.rows,
        unsealed=examination.unsealed,
        seconds=perf_counter() - began,
        findings=tuple(examination.findings),
        restores=restores,
    )
    _store(verification, now)
    return verification


def seal_at(instant: datetime) -> int | None:
    """Give the first seal made at an instant or later; ``None`` when there is none."""
    return AuditSeal.objects.filter(at__gte=instant).order_by("number").values_list("number", flat=True).first()


@transaction.atomic(durable=True)
def _store(verification: Verification, now: datetime) -> None:
    to_seal = verification.to_seal
    is_sealed = to_seal is not None and to_seal >= verification.from_seal
    AuditVerification.objects.create(
        at=now,
        from_seal=verification.from_seal if is_sealed else None,
        to_seal=to_seal if is_sealed else None,
        rows=verification.rows,
        findings=len(verification.findings),
        seconds=verification.seconds,
    )
    record(
        kind=EventKind.LOG_VERIFIED,
        actor=Actor.system(),
        subject_id=None,
        at=now,
        facts={
            "from_seal": verification.from_seal,
            "to_seal": to_seal,
            "rows": verification.rows,
            "findings": len(verification.findings),
        },
    )
