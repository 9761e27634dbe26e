"""The app answers a request: it approves, with the PIN, or rejects."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.api import Actor, FixedQuery
from authentication import events
from authentication.binding import Binding, binds
from authentication.models import ApprovalRequest
from authentication.outcomes import Decided, DecisionRefused
from authentication.pins import refusal_of_pin_outcome
from authentication.rules import request_is_alive
from authentication.states import DecisionRefusal, RequestState
from authentication.steps.requests import move, take_factor
from identities.api import AppView, AuthenticatorKind, AuthenticatorState, accept_pin, app_of, locked_identity

_OPEN_TO_THE_APP: Final = FixedQuery(
    lambda pk: ApprovalRequest.objects.select_for_update(of=("self",)).filter(
        pk=pk, state=RequestState.OPEN, app_opened_at__isnull=False
    ),
    UUID,
)


@transaction.atomic(durable=True)
def decide_request(
    *,
    app: AppView,
    request_id: UUID,
    binding: Binding | None,
    pin: str | None,
    is_approved: bool,
    signed: str,
    now: datetime,
) -> Decided | DecisionRefused:
    """Take an app's answer to an open request of its own identity. The caller has verified the signature.

    ``app`` is as the caller found it a moment ago; approving asks its row once more, under its lock.

    Approving needs the words that bind the browser (APR-4) and the PIN. Rejecting needs neither: the owner who finds
    a stranger's request has not seen the stranger's screen.

    Rule:   APR-2, APR-3, APR-4, APR-6, TRY-1, TRY-2, BLK-1.
    Locks:  the request's row, then the identity's, then the app's.
    Writes: ApprovalRequest, App, AuditEvent; what a blocked app causes.
    """
    request = _OPEN_TO_THE_APP.first(request_id)
    if request is None or request.identity_id != app.identity_id:
        return DecisionRefused(DecisionRefusal.GONE)
    identity = locked_identity(app.identity_id)
    is_alive = request_is_alive(
        opened_at=request.opened_at, expires_at=request.expires_at, dead_since=identity.signed_out_at, now=now
    )
    if not is_alive or app.state is not AuthenticatorState.ACTIVE:
        return _refused(request, app.id, DecisionRefused(DecisionRefusal.GONE), now)
    if is_approved:
        refusal = _refusal_to_approve(request, app_id=app.id, binding=binding, pin=pin, now=now)
        if refusal is not None:
            return _refused(request, app.id, refusal, now)
        request.bound_by = binding.by if binding else None
    _take(request, app, is_approved=is_approved, signed=signed, now=now)
    return Decided(is_approved=is_approved)


def _take(request: ApprovalRequest, app: AppView, *, is_approved: bool, signed: str, now: datetime) -> None:
    request.app_id, request.decided_at, request.signed_decision = app.id, now, signed
    decision = ("app", "decided_at", "signed_decision", "bound_by")
    if is_approved:
        kind = AuthenticatorKind.APP
        take_factor(request, RequestState.CONFIRMED, *decision, kind=kind, enrolled_level=app.enrolled_level)
    else:
        move(request, RequestState.REJECTED, *decision)
    events.request_decided(request=request, app_id=app.id, is_approved=is_approved, now=now)


def _refusal_to_approve(
    request: ApprovalRequest, *, app_id: UUID, binding: Binding | None, pin: str | None, now: datetime
) -> DecisionRefused | None:
    if binding is None or not binds(binding, request_id=request.id, nonce=bytes(request.nonce)):
        return DecisionRefused(DecisionRefusal.NOT_BOUND)
    outcome = accept_pin(app_id=app_id, pin=pin or "", actor=Actor.visitor(), now=now)
    reason = refusal_of_pin_outcome(outcome)
    if reason is None:
        return None
    app = app_of(app_id)
    return DecisionRefused(reason, paused_until=app.paused_until if app else None)


def _refused(request: ApprovalRequest, app_id: UUID, refusal: DecisionRefused, now: datetime) -> DecisionRefused:
    events.decision_refused(request=request, app_id=app_id, reason=refusal.reason, now=now)
    return refusal
