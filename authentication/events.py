"""What this app writes into the log."""

from datetime import datetime
from uuid import UUID

from audit.api import Actor, EventKind, record
from authentication.states import Door, Ending, LoginRefusal
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
    *, identity_id: UUID | None, request_id: UUID, door: Door, step: str, reason: LoginRefusal, now: datetime
) -> None:
    """Somebody did not come in."""
    record(
        kind=EventKind.LOGIN_REFUSED,
        actor=Actor.visitor(),
        subject_id=identity_id,
        at=now,
        facts={"request": request_id, "door": door.value, "step": step, "reason": reason.value},
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
