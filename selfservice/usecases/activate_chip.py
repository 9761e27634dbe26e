"""A citizen makes a chip an authenticator with an activation code."""

from datetime import datetime

from django.db import transaction

from audit.api import Actor
from identities import api as identities
from identities.api import (
    Activated,
    ActivationRefused,
    ChipNotEnrolled,
    ChipRefusal,
    PasswordNeeded,
    verify_chip_registration,
)


@transaction.atomic(durable=True)
def activate_chip(
    *, user_id: str, activation_code: str, response: object, challenge: bytes, now: datetime
) -> Activated | ActivationRefused | PasswordNeeded | ChipNotEnrolled:
    """Activate a chip with a user ID, a code and the chip's own answer, beside the password that stands.

    The chip is judged first and for everybody alike, so that the judgement does not tell which user IDs have a code.

    Rule:    SEC-4, AUT-1, TRY-2.
    Returns: a refusal is committed: its audit event and the count of wrong tries must survive.
    Writes:  ActivationCode, Chip, AuditEvent, Delivery.
    """
    credential = verify_chip_registration(response, challenge=challenge)
    if isinstance(credential, ChipRefusal):
        return ChipNotEnrolled(reason=credential)
    return identities.activate_chip(
        user_id=user_id,
        activation_code=activation_code,
        credential=credential,
        actor=Actor.visitor(),
        now=now,
    )
