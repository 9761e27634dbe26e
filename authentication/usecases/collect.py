"""The last step of a log-in with the app: the browser comes for the app's answer."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from authentication.outcomes import LoggedIn, LoginRefused, StillWaiting
from authentication.states import RequestState
from authentication.steps.requests import let_in, locked_request, refusal_of, refused
from identities.api import locked_subject


@transaction.atomic(durable=True)
def collect(*, request_id: UUID, browser_token: str | None, now: datetime) -> LoggedIn | LoginRefused | StillWaiting:
    """Open the door for the browser whose request the app has approved, once.

    Rule:   APR-2, APR-4, LVL-1, LVL-2, TRY-3, BLK-1. TRY-2: for nobody the same is looked up, and nothing found.
    Raises: ApprovalRequest.DoesNotExist when there is no such request.
    Locks:  the request's row, then the identity's, so that a block comes before or after.
    Writes: ApprovalRequest, Login, KnownBrowser, AuditEvent.
    """
    request = locked_request(request_id)
    if refusal_of(request, expected=RequestState.OPEN, now=now) is None:
        return StillWaiting()  # before anything of the identity is looked up that nobody has not
    identity = locked_subject(request.subject)
    refusal = refusal_of(request, expected=RequestState.CONFIRMED, identity=identity, now=now)
    if refusal is not None:
        return refused(request, step="app", reason=refusal, now=now)
    if identity is None:
        raise RuntimeError("A request of nobody was confirmed.")
    return let_in(request, identity, step="app", browser_token=browser_token, now=now)
