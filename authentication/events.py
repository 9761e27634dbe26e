"""What this app writes into the log."""

from datetime import datetime
from uuid import UUID

from audit.api import Actor, EventKind, record
from authentication.models import ApprovalRequest
from authentication.states import DecisionRefusal, Door, Ending, LoginRefusal
from identities.api import AssuranceLevel, AuthenticatorKind


def login_succeeded(
    *,
    identity_id: UUID,
    login_id: UUID,
    door: Door,
    authenticator: AuthenticatorKind,
    level: AssuranceLevel,
    now: datetime,
) -> None:
    """Somebody came in."""
    record(
        kind=EventKind.LOGIN_SUCCEEDED,
        actor=Actor.citizen(identity_id),
        subject_id=identity_id,
        at=now,
        facts={
            "login": login_id,
            "door": door.value,
            "authenticator": authenticator.value,
            "level": level.name,
        },
    )


def login_refused(
    *, identity_id: UUID | None, request_id: UUID | None, door: Door, step: str, reason: LoginRefusal, now: datetime
) -> None:
    """Somebody did not come in. There is no request where the app itself is the door."""
    record(
        kind=EventKind.LOGIN_REFUSED,
        actor=Actor.visitor(),
        subject_id=identity_id,
        at=now,
        facts={"door": door.value, "step": step, "reason": reason.value}
        | ({"request": request_id} if request_id else {}),
    )


def signed_out(*, identity_id: UUID, login_id: UUID, ending: Ending, now: datetime) -> None:
    """A login ended before its time."""
    record(
        kind=EventKind.SIGNED_OUT,
        actor=Actor.citizen(identity_id),
        subject_id=identity_id,
        at=now,
        facts={"login": login_id, "ending": ending.value},
    )


def parallel_request_refused(*, request: ApprovalRequest, now: datetime) -> None:
    """A second request to the same app was refused (APR-5)."""
    record(
        kind=EventKind.PARALLEL_REQUEST_REFUSED,
        actor=Actor.visitor(),
        subject_id=request.identity_id,
        at=now,
        facts={"request": request.id},
    )


def request_superseded(*, request: ApprovalRequest, superseded_id: UUID, now: datetime) -> None:
    """The owner's request took the app's one place from another (APR-5)."""
    record(
        kind=EventKind.REQUEST_SUPERSEDED,
        actor=Actor.visitor(),
        subject_id=request.identity_id,
        at=now,
        facts={"request": request.id, "superseded": superseded_id},
    )


def request_decided(*, request: ApprovalRequest, app_id: UUID, is_approved: bool, now: datetime) -> None:
    """An app answered a request (APR-3)."""
    identity_id = request.identity_id
    record(
        kind=EventKind.REQUEST_APPROVED if is_approved else EventKind.REQUEST_REJECTED,
        actor=Actor.citizen(identity_id) if identity_id else Actor.visitor(),
        subject_id=identity_id,
        at=now,
        facts={"request": request.id, "app": app_id, "purpose": request.purpose, "bound_by": request.bound_by},
    )


def decision_refused(*, request: ApprovalRequest, app_id: UUID, reason: DecisionRefusal, now: datetime) -> None:
    """An app's answer was not taken."""
    record(
        kind=EventKind.DECISION_REFUSED,
        actor=Actor.visitor(),
        subject_id=request.identity_id,
        at=now,
        facts={"request": request.id, "app": app_id, "reason": reason.value},
    )


def opening_code_issued(*, identity_id: UUID, app_id: UUID, now: datetime) -> None:
    """The app shows a code that takes its one place from a stranger (APR-5)."""
    record(
        kind=EventKind.OPENING_CODE_ISSUED,
        actor=Actor.citizen(identity_id),
        subject_id=identity_id,
        at=now,
        facts={"app": app_id},
    )
