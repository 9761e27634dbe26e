"""The second step of a log-in: the code of a code display or an audio code reader."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from authentication.binding import browser_index
from authentication.outcomes import DeviceAccepted, LoginRefused
from authentication.queries import is_known_browser
from authentication.states import RequestState
from authentication.steps.requests import count_wrong_try, locked_request, refusal_of, refused, take_factor
from identities.api import accept_code


@transaction.atomic(durable=True)
def give_code(
    *, request_id: UUID, code: str, source: str, browser_token: str | None = None, now: datetime
) -> DeviceAccepted | LoginRefused:
    """Accept the code of the identity's code device, once. ``source`` stands for where the try comes from.

    A user ID that nobody has, an identity without a device, a paused device and a wrong code all end alike, after the
    same statements (TRY-2).
    A browser in which the identity logged in before counts for itself, whatever network it shares.

    Rule:   APR-2, APR-7, SEC-3, TRY-1, TRY-2.
    Raises: ApprovalRequest.DoesNotExist when there is no such request.
    Locks:  the request's row, then the device's.
    Writes: ApprovalRequest, CodeDevice, DeviceTries, AuditEvent.
    """
    request = locked_request(request_id)
    refusal = refusal_of(request, expected=RequestState.OPEN, now=now)
    if refusal is not None:
        return refused(request, step="code", reason=refusal, now=now)
    if browser_token and is_known_browser(request, browser_token, now=now):
        source = browser_index(browser_token)
    device = accept_code(subject=request.subject, typed=code, source=source, actor=Actor.visitor(), now=now)
    if device is None:
        return refused(request, step="code", reason=count_wrong_try(request), now=now)
    request.wrong_tries = 0
    take_factor(
        request,
        RequestState.DEVICE_ACCEPTED,
        "wrong_tries",
        kind=device.kind,
        enrolled_level=device.enrolled_level,
    )
    return DeviceAccepted()
