"""A clerk has the clock of a code device found again, for a citizen at the desk."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import resync_device
from registration import events
from registration.rules.case import StepRefusal, refusal_to_care_for
from registration.rules.officers import is_own_identity
from registration.states import CaseState, OfficerRole
from registration.steps import acting_as, lock_identity, locked_case, tell_of_act, was_blocked_since
from registration.usecases.results import StepRefused


@dataclass(frozen=True)
class ClockFound:
    """The device's codes are accepted again."""


@transaction.atomic(durable=True)
def resync_in_case(
    *, officer_id: UUID, case_id: UUID, first_code: str, second_code: str, now: datetime
) -> ClockFound | StepRefused:
    """The code device of a citizen whose identity was proven is found again by two codes in a row.

    Rule:   SEC-3, REG-1, REG-10, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist; HsmUnavailable.
    Locks:  the case's row, then the identity's and the device's.
    Writes: CodeDevice, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = refusal_to_care_for(
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )
    if refusal is None and case.identity_id is not None:
        lock_identity(case.identity_id)
        refusal = StepRefusal.BLOCKED_SINCE if was_blocked_since(case) else None
    if refusal is None and case.identity_id is not None:
        is_found = resync_device(
            identity_id=case.identity_id,
            first_code=first_code,
            second_code=second_code,
            actor=officer.actor,
            now=now,
        )
        tell_of_act(identity_id=case.identity_id, act="resynced_device", officer=officer, now=now)
        refusal = None if is_found else StepRefusal.CLOCK_NOT_FOUND
    if refusal is None:
        return ClockFound()
    events.desk_act_refused(case=case, act="resync", reason=refusal.value, actor=officer.actor, now=now)
    return StepRefused(refusal)
