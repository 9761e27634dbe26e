"""Requests move from one state to the next, each move allowed by the table."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from audit.api import FixedQuery, put_back, put_in
from authentication import events
from authentication.models import ApprovalRequest, Login
from authentication.outcomes import LoggedIn, LoginRefused
from authentication.queries import with_its_dead_since
from authentication.rules import (
    DOOR_OF,
    LIVING,
    STRENGTH,
    TRIES_A_REQUEST,
    level_of_login,
    refusal_of_level,
    refusal_to_go_on,
    request_is_alive,
)
from authentication.states import REQUEST_TRANSITIONS, LoginRefusal, Purpose, RequestState
from authentication.steps.browsers import remember_browser
from authentication.steps.guard import assert_in_transaction
from identities.api import AssuranceLevel, AuthenticatorKind, IdentityState, IdentityView

_LOCKED: Final = FixedQuery(lambda pk: with_its_dead_since().select_for_update(of=("self",)).filter(pk=pk), UUID)
_LOCKED_WITH_OTHERS: Final = FixedQuery(
    lambda pk, subject: (
        (open_to_the_app(subject) | with_its_dead_since().filter(pk=pk)).select_for_update(of=("self",)).order_by("id")
    ),
    UUID,
    UUID,
)


def locked_request(request_id: UUID) -> ApprovalRequest:
    """Lock a request; how its identity is comes beside it. Raises: ApprovalRequest.DoesNotExist."""
    assert_in_transaction()
    row = _LOCKED.first(request_id)
    if row is None:
        raise ApprovalRequest.DoesNotExist
    return row


def locked_with_others(request_id: UUID, *, subject: UUID) -> dict[UUID, ApprovalRequest]:
    """Lock a request and all that stand in its subject's app, in the order of their ids."""
    assert_in_transaction()
    return {row.id: row for row in _LOCKED_WITH_OTHERS.rows(request_id, subject)}


def refusal_of(
    request: ApprovalRequest, *, expected: RequestState, now: datetime, identity: IdentityView | None = None
) -> LoginRefusal | None:
    """Decide whether a locked request may take its next step; ``identity`` as its own lock shows it, where held."""
    return refusal_to_go_on(
        state=RequestState(request.state),
        expected=expected,
        expires_at=request.expires_at,
        dead_since=identity.signed_out_at if identity else request.dead_since,
        opened_at=request.opened_at,
        now=now,
    )


def is_alive(request: ApprovalRequest, *, now: datetime) -> bool:
    """Tell whether a request that nobody has ended still counts (APR-2, BLK-1)."""
    return request_is_alive(
        opened_at=request.opened_at, expires_at=request.expires_at, dead_since=request.dead_since, now=now
    )


def move(request: ApprovalRequest, state: RequestState, *also: str) -> None:
    """Put a locked request into another state, and save the columns named ``also``.

    Raises: ValueError when the table has no such move.
    """
    assert_in_transaction()
    if state not in REQUEST_TRANSITIONS[RequestState(request.state)]:
        raise ValueError(f"A request does not go from {request.state} to {state}.")
    request.state = state
    put_back(request, "state", *also)


def supersede(request_id: UUID) -> None:
    """End what is left of a request that its own browser has turned away from."""
    assert_in_transaction()
    row = ApprovalRequest.objects.select_for_update().filter(pk=request_id, state__in=LIVING).first()
    if row is not None:
        move(row, RequestState.SUPERSEDED)


def open_to_the_app(subject: UUID) -> QuerySet[ApprovalRequest]:
    """Give the requests to a subject's app that nobody has answered, dead ones too."""
    return with_its_dead_since().filter(subject=subject, state=RequestState.OPEN, app_opened_at__isnull=False)


def take_factor(
    request: ApprovalRequest,
    state: RequestState,
    *also: str,
    kind: AuthenticatorKind,
    enrolled_level: AssuranceLevel,
) -> None:
    """Note by which factor a locked request came further, and at what level that one was enrolled (LVL-2)."""
    request.authenticator, request.enrolled_level = kind, enrolled_level
    move(request, state, "authenticator", "enrolled_level", *also)


def count_wrong_try(request: ApprovalRequest) -> LoginRefusal:
    """Count a wrong try of a locked request; the third ends it.

    Rule: TRY-1.
    """
    assert_in_transaction()
    request.wrong_tries += 1
    is_over = request.wrong_tries >= TRIES_A_REQUEST
    if is_over:
        move(request, RequestState.REFUSED, "wrong_tries")
    else:
        request.save(update_fields=["wrong_tries"])
    return LoginRefusal.TOO_MANY_TRIES if is_over else LoginRefusal.NOT_ACCEPTED


def let_in(
    request: ApprovalRequest, identity: IdentityView, *, step: str, browser_token: str | None, now: datetime
) -> LoggedIn | LoginRefused:
    """Approve a locked request whose factors were all shown, and log its locked identity in; or say why not.

    That the identity is blocked or too low is told only here, to someone who has shown what they have and know.

    Rule:   LVL-1, LVL-2, TRY-3, BLK-1.
    Writes: ApprovalRequest, Login, KnownBrowser, AuditEvent.
    """
    kind = AuthenticatorKind(request.authenticator or AuthenticatorKind.PASSWORD)
    level = level_of_login(
        identity_level=identity.level,
        strength=STRENGTH[kind],
        enrolled_level=AssuranceLevel(request.enrolled_level or AssuranceLevel.LOW),
    )
    refusal = refusal_of_level(reached=level, wanted=AssuranceLevel(request.level_wanted))
    if identity.state is not IdentityState.ACTIVE:
        refusal = LoginRefusal.BLOCKED
    if refusal is not None:
        move(request, RequestState.REFUSED)
        return refused(request, step=step, reason=refusal, now=now)
    move(request, RequestState.APPROVED)
    door = DOOR_OF[Purpose(request.purpose)]
    login = Login(
        identity_id=identity.id,
        request_id=request.id,
        door=door,
        authenticator=kind,
        level=level,
        at=now,
        last_seen_at=now,
    )
    put_in(login)
    events.login_succeeded(
        identity_id=identity.id, login_id=login.id, door=door, authenticator=kind, level=level, now=now
    )
    token = remember_browser(identity_id=identity.id, browser_token=browser_token, now=now)
    return LoggedIn(login_id=login.id, identity_id=identity.id, door=door, level=level, browser_token=token)


def refused(request: ApprovalRequest, *, step: str, reason: LoginRefusal, now: datetime) -> LoginRefused:
    """Leave the trace of a step that did not succeed."""
    events.login_refused(
        identity_id=request.identity_id,
        request_id=request.id,
        door=DOOR_OF[Purpose(request.purpose)],
        step=step,
        reason=reason,
        now=now,
    )
    return LoginRefused(reason=reason)
