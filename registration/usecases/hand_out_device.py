"""A code device goes from the office's stock into a citizen's hands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from identities.api import AuthenticatorKind, DeviceRefused, hand_out_code_device
from registration import events
from registration.models import ProofingCase, StockItem
from registration.queries import ActingOfficer
from registration.rules.case import refusal_to_hand_out
from registration.rules.officers import is_own_identity
from registration.states import CaseState, OfficerRole, StockState
from registration.steps import acting_as, locked_case
from registration.usecases.results import Sheet, StepRefused


class HandOutRefusal(StrEnum):
    """Why a device stays where it is."""

    NOT_IN_STOCK = "not_in_stock"
    IDENTITY_BLOCKED = "identity_blocked"
    NOT_USABLE = "not_usable"


@dataclass(frozen=True)
class NotHandedOut:
    """The device stays where it is."""

    reason: HandOutRefusal


@transaction.atomic(durable=True)
def hand_out_device(
    *, officer_id: UUID, case_id: UUID, serial: str, now: datetime
) -> Sheet | NotHandedOut | StepRefused:
    """A code display or audio code reader of the office's own stock is the citizen's to activate, with a code on paper.

    The code is in the result and nowhere else. Asked again for the same device in the same case, a new code
    replaces the first: the sheet may have been printed badly. Of two clerks who take the same device, the stock's
    row lets one have it.

    Rule:   REG-1, REG-11, SEC-4, AUT-2, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the stock item's, then the identity's and the device's.
    Writes: StockItem, CodeDevice, ActivationCode, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = refusal_to_hand_out(
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )
    if refusal is not None:
        events.hand_out_refused(case=case, reason=refusal.value, actor=officer.actor, now=now)
        return StepRefused(refusal)
    outcome = _hand_out(case, officer, serial=serial, now=now)
    if isinstance(outcome, NotHandedOut):
        events.hand_out_refused(case=case, reason=outcome.reason.value, actor=officer.actor, now=now)
    return outcome


def _hand_out(case: ProofingCase, officer: ActingOfficer, *, serial: str, now: datetime) -> Sheet | NotHandedOut:
    item = StockItem.objects.select_for_update().filter(office_id=officer.office_id, serial=serial).first()
    is_free = item is not None and (item.state == StockState.IN_STOCK or item.case_id == case.id)
    if item is None or not is_free or case.identity_id is None:
        return NotHandedOut(HandOutRefusal.NOT_IN_STOCK)
    outcome = hand_out_code_device(serial=serial, identity_id=case.identity_id, actor=officer.actor, now=now)
    if isinstance(outcome, DeviceRefused):
        is_blocked = outcome.reason.value == HandOutRefusal.IDENTITY_BLOCKED.value
        return NotHandedOut(HandOutRefusal.IDENTITY_BLOCKED if is_blocked else HandOutRefusal.NOT_USABLE)
    item.state, item.case, item.handed_out_at = StockState.HANDED_OUT, case, now
    item.save(update_fields=["state", "case", "handed_out_at"])
    return Sheet(
        kind=AuthenticatorKind(item.kind),
        serial=item.serial,
        activation_code=outcome.activation_code,
        expires_at=outcome.expires_at,
    )
