"""A login inside the app: its inbox, its list, its copy."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from authentication import events
from authentication.models import Login
from authentication.outcomes import LoggedIn, PinRefused
from authentication.pins import refusal_of_pin_outcome
from authentication.rules import STRENGTH, level_of_login
from authentication.states import DecisionRefusal, Door, LoginRefusal
from identities.api import (
    AuthenticatorKind,
    accept_pin,
    app_of,
    locked_identity,
)

REASONS = {
    DecisionRefusal.WRONG_PIN: LoginRefusal.NOT_ACCEPTED,
    DecisionRefusal.PAUSED: LoginRefusal.TOO_MANY_TRIES,
    DecisionRefusal.BLOCKED: LoginRefusal.BLOCKED,
}


@transaction.atomic(durable=True)
def open_app_login(*, app_id: UUID, pin: str, now: datetime) -> LoggedIn | PinRefused:
    """Log an app's owner in to the app itself. The caller has verified that the device's key asks.

    Rule:   LVL-1, LVL-2, TRY-1, BLK-1. At whatever level the app has: it opens no page.
    Locks:  the identity's row, then the app's.
    Writes: Login, App, AuditEvent; what a blocked app causes.
    """
    app = app_of(app_id)
    if app is None:
        return PinRefused(DecisionRefusal.BLOCKED)
    identity = locked_identity(app.identity_id)
    reason = refusal_of_pin_outcome(accept_pin(app_id=app_id, pin=pin, actor=Actor.visitor(), now=now))
    if reason is not None:
        after = app_of(app_id)
        return _refused(identity.id, PinRefused(reason, paused_until=after.paused_until if after else None), now)
    kind = AuthenticatorKind.APP
    level = level_of_login(identity_level=identity.level, strength=STRENGTH[kind], enrolled_level=app.enrolled_level)
    login = Login.objects.create(
        identity_id=identity.id, door=Door.APP, app_id=app_id, authenticator=kind, level=level, at=now, last_seen_at=now
    )
    events.login_succeeded(
        identity_id=identity.id, login_id=login.id, door=Door.APP, authenticator=kind, level=level, now=now
    )
    return LoggedIn(login_id=login.id, identity_id=identity.id, door=Door.APP, level=level)


def _refused(identity_id: UUID, refusal: PinRefused, now: datetime) -> PinRefused:
    events.login_refused(
        identity_id=identity_id, request_id=None, door=Door.APP, step="pin", reason=REASONS[refusal.reason], now=now
    )
    return refusal
