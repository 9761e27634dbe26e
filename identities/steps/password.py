"""A password that was forgotten or blocked is chosen anew with an activation code (AUT-1, SEC-4)."""

from datetime import datetime

from audit.api import Actor
from identities import events
from identities.models import PasswordFactor
from identities.rules.password import refusal_of_password
from identities.states import AuthenticatorKind, BlockSource
from identities.steps.activation import (
    Activated,
    ActivationRefusal,
    ActivationRefused,
    PasswordRefused,
    code_opened_by,
    refused_activation,
)
from identities.steps.alerts import alert_citizen
from identities.steps.codes import use_code
from identities.steps.ending import sign_out_everywhere
from identities.steps.factors import put_password
from identities.steps.guard import assert_in_transaction
from notifications.api import AuthenticatorActivated


def activate_password(
    *, user_id: str, activation_code: str, password: str, actor: Actor, now: datetime
) -> Activated | ActivationRefused | PasswordRefused:
    """Make ``password`` the password of whoever has the code for it; the one before, and what it opened, is no more.

    The password is judged before anything is looked up, so that what it is told tells nothing of who exists (TRY-2).

    Rule:   SEC-2, SEC-4, AUT-1: this alone brings a blocked password back. BLK-3: not one that somebody else than
            its citizen suspended. ALR-2. Logins and changes that wait end:
            whoever knew the old password may be behind them.
    Locks:  the user ID's place in line (an advisory lock), the identity's row, then the activation code's.
    Writes: ActivationCode, Identity, PasswordFactor, AuditEvent, Delivery; PendingChange, AppEnrolment.
    """
    assert_in_transaction()
    refusal_of_choice = refusal_of_password(password, user_id=user_id)
    if refusal_of_choice is not None:
        return PasswordRefused(reason=refusal_of_choice)
    kind = AuthenticatorKind.PASSWORD
    opened = code_opened_by(user_id=user_id, kind=kind, typed=activation_code, actor=actor, now=now)
    if isinstance(opened, ActivationRefused):
        return opened
    identity, code = opened
    factor = PasswordFactor.objects.select_for_update().filter(pk=identity.id).first()
    if factor is not None and factor.suspended_by not in {None, BlockSource.CITIZEN}:
        return refused_activation(ActivationRefusal.SUSPENDED, identity.id, actor=actor, now=now)
    use_code(code, now=now)  # before everything else ends, the codes among it
    citizen = Actor.citizen(identity.id)
    if identity.password:
        sign_out_everywhere(identity=identity, actor=citizen, now=now)
    put_password(identity=identity, password=password, now=now)
    events.authenticator_activated(identity_id=identity.id, kind=kind, serial=None, actor=citizen, now=now)
    alert_citizen(identity=identity, message=AuthenticatorActivated(authenticator=kind.value, at=now), now=now)
    return Activated(identity_id=identity.id)
