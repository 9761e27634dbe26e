"""An operator has a message sent again that was given up."""

from datetime import datetime
from uuid import UUID

from notifications.api import ResendReason, ResendRefusal, Resent, resend
from registration.states import OfficerRole
from registration.steps import acting_as


def resend_dead_letter(
    *, officer_id: UUID, delivery_id: UUID, reason: ResendReason, now: datetime
) -> Resent | ResendRefusal:
    """A given-up message waits to be sent once more, to the same address and in the same words.

    The operator sees neither. The outbox does it in its own transaction, and the log says who wanted it and why.

    Rule:   ALR-4, ALR-5.
    Raises: MayNotAct; HsmUnavailable.
    Locks:  the delivery's row.
    Writes: Delivery, AuditEvent.
    """
    officer = acting_as(OfficerRole.OPERATOR, officer_id=officer_id, now=now)
    return resend(delivery_id=delivery_id, reason=reason, actor=officer.actor, now=now)
