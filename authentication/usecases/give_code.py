"""The second step of a log-in: the code of a code display."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from authentication import events
from authentication.models import LoginRequest
from authentication.rules import TRIES_A_REQUEST, refusal_to_go_on
from authentication.states import Door, LoginRefusal, RequestState
from authentication.usecases.outcomes import CodeAccepted, LoginRefused
from identities.api import DeviceState, accept_code, devices_of, waste_the_time_of_a_code


@transaction.atomic(durable=True)
def give_code(*, request_id: UUID, code: str, source: str, now: datetime) -> CodeAccepted | LoginRefused:
    """Accept the code of the identity's code display, once. ``source`` stands for where the try comes from.

    A user ID that nobody has, an identity without a device, a paused device and a wrong code all end alike (TRY-2).

    Rule:   APR-2, APR-7, SEC-3, TRY-1, TRY-2.
    Raises: LoginRequest.DoesNotExist when there is no such request.
    Locks:  the request's row, then the device's.
    Writes: LoginRequest, CodeDevice, DeviceTries, AuditEvent.
    """
    request = LoginRequest.objects.select_for_update(of=("self",)).select_related("identity").get(pk=request_id)
    refusal = refusal_to_go_on(
        state=RequestState(request.state),
        expected=RequestState.OPEN,
        expires_at=request.expires_at,
        dead_since=request.identity.signed_out_at if request.identity else None,
        opened_at=request.opened_at,
        now=now,
    )
    if refusal is None:
        if _code_opens(request, code, source, now):
            request.state = RequestState.CODE_ACCEPTED
            request.wrong_tries = 0
            request.save(update_fields=["state", "wrong_tries"])
            return CodeAccepted()
        refusal = count_wrong_try(request)
    events.login_refused(
        identity_id=request.identity_id,
        request_id=request.id,
        door=Door(request.door),
        step="code",
        reason=refusal,
        now=now,
    )
    return LoginRefused(reason=refusal)


def count_wrong_try(request: LoginRequest) -> LoginRefusal:
    """Count a wrong try of a locked request; the third ends it."""
    request.wrong_tries += 1
    if request.wrong_tries >= TRIES_A_REQUEST:
        request.state = RequestState.REFUSED
    request.save(update_fields=["wrong_tries", "state"])
    is_over = request.state == RequestState.REFUSED
    return LoginRefusal.TOO_MANY_TRIES if is_over else LoginRefusal.NOT_ACCEPTED


def _code_opens(request: LoginRequest, code: str, source: str, now: datetime) -> bool:
    devices = devices_of(request.identity_id) if request.identity_id else []
    device = next((device for device in devices if device.state is DeviceState.ACTIVE), None)
    if device is None:
        waste_the_time_of_a_code(now=now)
        return False
    return accept_code(device_id=device.id, typed=code, source=source, actor=Actor.visitor(), now=now)
