"""The last step of a log-in with a code device or the chip: the password."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.api import Actor
from authentication.outcomes import LoggedIn, LoginRefused
from authentication.states import LoginRefusal, RequestState
from authentication.steps.requests import count_wrong_try, let_in, locked_request, refusal_of, refused
from identities.api import accept_password, locked_subject


@transaction.atomic(durable=True)
def give_password(
    *, request_id: UUID, password: str, browser_token: str | None = None, now: datetime
) -> LoggedIn | LoginRefused:
    """Open the door for the one whose device was accepted and whose password this is.

    Rule:   APR-2, APR-7, LVL-1, LVL-2, TRY-1, TRY-3, BLK-1.
    Raises: ApprovalRequest.DoesNotExist when there is no such request.
    Locks:  the request's row, then the identity's, so that a block comes before or after, then the password's.
    Writes: ApprovalRequest, PasswordFactor, Login, KnownBrowser, AuditEvent.
    """
    request = locked_request(request_id)
    identity = locked_subject(request.subject)
    refusal = refusal_of(request, expected=RequestState.DEVICE_ACCEPTED, identity=identity, now=now)
    if identity is None or refusal is not None:
        return refused(request, step="password", reason=refusal or LoginRefusal.EXPIRED, now=now)
    if not accept_password(identity_id=identity.id, typed=password, actor=Actor.visitor(), now=now):
        return refused(request, step="password", reason=count_wrong_try(request), now=now)
    return let_in(request, identity, step="password", browser_token=browser_token, now=now)
