"""A password that was forgotten or blocked is chosen anew with an activation code (AUT-1, SEC-4)."""

from datetime import datetime

from audit.api import Actor
from identities import events
from identities.models import Identity
from identities.rules.password import refusal_of_password
from identities.rules.user_id import folded
from identities.states import AuthenticatorKind, IdentityState
from identities.steps.activation import NOBODY, Activated, ActivationRefusal, ActivationRefused, PasswordRefused
from identities.steps.alerts import alert_citizen
from identities.steps.codes import code_opens, is_usable, numbered_code, use_code
from identities.steps.ending import sign_out_everywhere
from identities.steps.factors import put_password
from identities.steps.guard import assert_in_transaction
from notifications.api import AuthenticatorActivated


def activate_password(
    *, user_id: str, activation_code: str, password: str, actor: Actor, now: datetime
) -> Activated | ActivationRefused | PasswordRefused:
    """Make ``password`` the password of whoever has the code for it; the one before, and what it opened, is no more.

    The password is judged before anything is looked up, so that what it is told tells nothing of who exists (TRY-2).

    Rule:   SEC-2, SEC-4, AUT-1: this alone brings a blocked password back. ALR-2. Logins and changes that wait end:
            whoever knew the old password may be behind them.
    Locks:  the identity's row, then the activation code's.
    Writes: ActivationCode, Identity, PasswordFactor, AuditEvent, Delivery; PendingChange, AppEnrolment.
    """
    assert_in_transaction()
    refusal_of_choice = refusal_of_password(password, user_id=user_id)
    if refusal_of_choice is not None:
        return PasswordRefused(reason=refusal_of_choice)
    identities = Identity.objects.select_for_update(no_key=True)
    identity = identities.filter(user_id_folded=folded(user_id), state=IdentityState.ACTIVE).first()
    kind = AuthenticatorKind.PASSWORD
    code = numbered_code(identity=identity or Identity(id=NOBODY), kind=kind, typed=activation_code)
    if identity is None or code is None:
        return _refused(ActivationRefusal.NO_CODE, identity, actor=actor, now=now)
    if not is_usable(code, now=now):
        return _refused(ActivationRefusal.EXPIRED, identity, actor=actor, now=now)
    if not code_opens(code, typed=activation_code):
        return _refused(ActivationRefusal.WRONG_CODE, identity, actor=actor, now=now)
    use_code(code, now=now)  # before everything else ends, the codes among it
    citizen = Actor.citizen(identity.id)
    if identity.password:
        sign_out_everywhere(identity=identity, actor=citizen, now=now)
    put_password(identity=identity, password=password, now=now)
    events.authenticator_activated(identity_id=identity.id, kind=kind, serial=None, actor=citizen, now=now)
    alert_citizen(identity=identity, message=AuthenticatorActivated(authenticator=kind.value, at=now), now=now)
    return Activated(identity_id=identity.id)


def _refused(reason: ActivationRefusal, identity: Identity | None, *, actor: Actor, now: datetime) -> ActivationRefused:
    events.activation_refused(identity_id=identity.id if identity else None, reason=reason.value, actor=actor, now=now)
    return ActivationRefused(reason=reason)
