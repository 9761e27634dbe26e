"""The second step of a log-in: the chip."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from authentication.binding import chip_challenge_of
from authentication.models import ApprovalRequest
from authentication.outcomes import DeviceAccepted, LoginRefused
from authentication.states import RequestState
from authentication.steps.requests import count_wrong_try, locked_request, refusal_of, refused, take_factor
from identities.api import (
    AuthenticatorKind,
    ChipOutcome,
    accept_chip,
    chip_login_options,
    live_authenticators_of,
)


def chip_options(*, request_id: UUID) -> dict[str, Any]:
    """Give what the browser asks the chip with (WebAuthn); for a user ID that nobody has, of a chip that never was.

    Raises: ApprovalRequest.DoesNotExist when there is no such request.
    """
    request = ApprovalRequest.objects.get(pk=request_id)
    return chip_login_options(
        identity_id=request.identity_id,
        user_id=str(request.subject),
        challenge=chip_challenge_of(bytes(request.nonce)),
    )


@transaction.atomic(durable=True)
def give_chip(*, request_id: UUID, response: dict[str, Any], now: datetime) -> DeviceAccepted | LoginRefused:
    """Accept the answer of the identity's chip to this request's challenge.

    Rule:   APR-2, APR-7, TRY-2: wrong answers are counted by request and by source, never against the chip.
    Raises: ApprovalRequest.DoesNotExist when there is no such request.
    Locks:  the request's row, the subject's place in line, then the identity's row and the chip's.
    Writes: ApprovalRequest, Chip, AuditEvent.
    """
    request = locked_request(request_id)
    refusal = refusal_of(request, expected=RequestState.OPEN, now=now)
    if refusal is not None:
        return refused(request, step="chip", reason=refusal, now=now)
    outcome = accept_chip(
        subject=request.subject,
        response=response,
        challenge=chip_challenge_of(bytes(request.nonce)),
        asked_at=request.opened_at,
        actor=Actor.visitor(),
        now=now,
    )
    if outcome is not ChipOutcome.ACCEPTED:
        return refused(request, step="chip", reason=count_wrong_try(request), now=now)
    [chip] = live_authenticators_of(request.subject, kinds={AuthenticatorKind.CHIP}, now=now)
    request.wrong_tries = 0
    take_factor(
        request,
        RequestState.DEVICE_ACCEPTED,
        "wrong_tries",
        kind=chip.kind,
        enrolled_level=chip.enrolled_level,
    )
    return DeviceAccepted()
