"""The last step of a log-in: the password."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from authentication import events
from authentication.models import Login, LoginRequest
from authentication.rules import CODE_DISPLAY_STRENGTH, LEAST_LEVEL, level_of_login, refusal_to_go_on
from authentication.states import Door, LoginRefusal, RequestState
from authentication.usecases.give_code import count_wrong_try
from authentication.usecases.outcomes import LoggedIn, LoginRefused
from identities.api import (
    AssuranceLevel,
    AuthenticatorKind,
    IdentityState,
    IdentityView,
    accept_password,
    enrolled_level_of,
    locked_identity,
)


@transaction.atomic(durable=True)
def give_password(*, request_id: UUID, password: str, now: datetime) -> LoggedIn | LoginRefused:
    """Open the door for the one whose device's code was accepted and whose password this is.

    That the identity is blocked is told only here, to someone who has shown both factors.

    Rule:   APR-2, APR-7, LVL-1, LVL-2, TRY-1, TRY-3, BLK-1.
    Raises: LoginRequest.DoesNotExist when there is no such request.
    Locks:  the request's row, then the identity's, so that a block comes before or after, then the password's.
    Writes: LoginRequest, PasswordFactor, Login, AuditEvent.
    """
    request = LoginRequest.objects.select_for_update().get(pk=request_id)
    identity = locked_identity(request.identity_id) if request.identity_id else None
    refusal = refusal_to_go_on(
        state=RequestState(request.state),
        expected=RequestState.CODE_ACCEPTED,
        expires_at=request.expires_at,
        dead_since=identity.signed_out_at if identity else None,
        opened_at=request.opened_at,
        now=now,
    )
    if identity is None or refusal is not None:
        return _refused(request, refusal or LoginRefusal.EXPIRED, now)
    if not accept_password(identity_id=identity.id, typed=password, actor=Actor.visitor(), now=now):
        return _refused(request, count_wrong_try(request), now)
    level = _level(identity)
    if identity.state is not IdentityState.ACTIVE:
        return _ended(request, LoginRefusal.BLOCKED, now)
    if level < LEAST_LEVEL:
        return _ended(request, LoginRefusal.LEVEL_TOO_LOW, now)
    return _logged_in(request, identity, level, now)


def _level(identity: IdentityView) -> AssuranceLevel:
    return level_of_login(
        identity_level=identity.level,
        strength=CODE_DISPLAY_STRENGTH,
        enrolled_level=enrolled_level_of(identity.id) or AssuranceLevel.LOW,
    )


def _logged_in(request: LoginRequest, identity: IdentityView, level: AssuranceLevel, now: datetime) -> LoggedIn:
    request.state = RequestState.APPROVED
    request.save(update_fields=["state"])
    login = Login.objects.create(
        identity_id=identity.id,
        request=request,
        door=request.door,
        authenticator=AuthenticatorKind.CODE_DISPLAY,
        level=level,
        at=now,
        last_seen_at=now,
    )
    events.login_succeeded(
        identity_id=identity.id,
        login_id=login.id,
        door=Door(request.door),
        authenticator=AuthenticatorKind.CODE_DISPLAY,
        level=level,
        now=now,
    )
    return LoggedIn(login_id=login.id, identity_id=identity.id, door=Door(request.door))


def _ended(request: LoginRequest, reason: LoginRefusal, now: datetime) -> LoginRefused:
    request.state = RequestState.REFUSED
    request.save(update_fields=["state"])
    return _refused(request, reason, now)


def _refused(request: LoginRequest, reason: LoginRefusal, now: datetime) -> LoginRefused:
    events.login_refused(
        identity_id=request.identity_id,
        request_id=request.id,
        door=Door(request.door),
        step="password",
        reason=reason,
        now=now,
    )
    return LoginRefused(reason=reason)
