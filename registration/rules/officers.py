"""Which officer may act (REG-10, REG-11)."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from registration.states import OfficerRefusal, OfficerRole

LONGEST_RIGHT: Final = timedelta(days=366)  # REG-11: rights and agreements are renewed yearly


def refusal_to_act(
    *,
    role: OfficerRole,
    needed: OfficerRole,
    is_ended: bool,
    valid_until: date,
    agreement_until: date,
    today: date,
) -> OfficerRefusal | None:
    """Decide whether an officer may act in a wing of the backoffice; ``None`` means they may.

    Rule:  REG-11.
    Times: ``valid_until`` and ``agreement_until`` are the last days.
    """
    if role is not needed:
        return OfficerRefusal.WRONG_ROLE
    if is_ended:
        return OfficerRefusal.ENDED
    if today > valid_until:
        return OfficerRefusal.RIGHT_EXPIRED
    if today > agreement_until:
        return OfficerRefusal.AGREEMENT_EXPIRED
    return None


def is_own_identity(*, officer_identity_id: UUID, identity_id: UUID | None) -> bool:
    """Tell whether an officer would act on their own identity.

    Rule: REG-10.
    """
    return identity_id == officer_identity_id
