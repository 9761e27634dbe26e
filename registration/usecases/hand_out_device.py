"""A code device goes from the office's stock into a citizen's hands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import transaction

from identities.api import AuthenticatorKind, DeviceRefusal, DeviceRefused, hand_out_code_device
from registration import events
from registration.models import StockItem
from registration.rules.case import StepRefusal
from registration.states import StockState
from registration.steps import HandOut, hand_out_in
from registration.usecases.results import Sheet, StepRefused


class HandOutRefusal(StrEnum):
    """Why a device stays where it is."""

    NOT_IN_STOCK = "not_in_stock"
    IDENTITY_BLOCKED = "identity_blocked"
    NOT_USABLE = "not_usable"
    OTHER_HALF = "other_half"


WHY: Final[Mapping[DeviceRefusal, HandOutRefusal]] = {
    DeviceRefusal.IDENTITY_BLOCKED: HandOutRefusal.IDENTITY_BLOCKED,
    DeviceRefusal.OTHER_HALF: HandOutRefusal.OTHER_HALF,
}


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
    row lets one have it. It reaches no more than the identity, nor than the documents of this very case have proven.

    Rule:   REG-1, REG-11, SEC-4, AUT-2, LVL-2, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the identity's, then the stock item's and the device's.
    Writes: StockItem, CodeDevice, ActivationCode, AuditEvent, Delivery.
    """
    hand = hand_out_in(officer_id=officer_id, case_id=case_id, now=now)
    if isinstance(hand, StepRefusal):
        return StepRefused(hand)
    outcome = _hand_out(hand, serial=serial, now=now)
    if isinstance(outcome, NotHandedOut):
        events.hand_out_refused(case=hand.case, reason=outcome.reason.value, actor=hand.officer.actor, now=now)
    return outcome


def _hand_out(hand: HandOut, *, serial: str, now: datetime) -> Sheet | NotHandedOut:
    item = StockItem.objects.select_for_update().filter(office_id=hand.officer.office_id, serial=serial).first()
    is_free = item is not None and (item.state == StockState.IN_STOCK or item.case_id == hand.case.id)
    if item is None or not is_free:
        return NotHandedOut(HandOutRefusal.NOT_IN_STOCK)
    outcome = hand_out_code_device(
        serial=serial,
        identity_id=hand.identity_id,
        proven_level=hand.proven_level,
        actor=hand.officer.actor,
        now=now,
    )
    if isinstance(outcome, DeviceRefused):
        return NotHandedOut(WHY.get(outcome.reason, HandOutRefusal.NOT_USABLE))
    item.state, item.case, item.handed_out_at = StockState.HANDED_OUT, hand.case, now
    item.save(update_fields=["state", "case", "handed_out_at"])
    return Sheet(
        kind=AuthenticatorKind(item.kind),
        serial=item.serial,
        activation_code=outcome.activation_code,
        expires_at=outcome.expires_at,
    )
