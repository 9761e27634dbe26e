"""A citizen makes their new code display or audio code reader an authenticator."""

from datetime import datetime
from typing import Final

from django.db import transaction

from audit.api import Actor
from identities.api import (
    Activated,
    ActivationRefusal,
    ActivationRefused,
    PasswordRefused,
    activate_code_device,
    refusal_of_password,
    waste_the_time_of_a_code,
)

NO_DEVICE_WAS_ASKED: Final = frozenset({ActivationRefusal.NO_CODE, ActivationRefusal.EXPIRED})


@transaction.atomic(durable=True)
def activate(
    *, user_id: str, activation_code: str, device_code: str, password: str, now: datetime
) -> Activated | ActivationRefused | PasswordRefused:
    """Activate a code device with a user ID, a paper code and a code from the device, and take a password.

    The password is judged first and for everybody alike, so that the judgement does not tell which user IDs have an
    activation code waiting.

    Rule:    SEC-2, SEC-4, AUT-2, TRY-2.
    Returns: a refusal is committed: its audit event and the count of wrong tries must survive.
    Writes:  ActivationCode, CodeDevice, Identity, PasswordFactor, AuditEvent, Delivery.
    """
    refusal = refusal_of_password(password, user_id=user_id)
    if refusal is not None:
        return PasswordRefused(reason=refusal)
    outcome = activate_code_device(
        user_id=user_id,
        activation_code=activation_code,
        device_code=device_code,
        password=password,
        actor=Actor.visitor(),
        now=now,
    )
    if isinstance(outcome, ActivationRefused) and outcome.reason in NO_DEVICE_WAS_ASKED:
        waste_the_time_of_a_code(now=now)
    return outcome
