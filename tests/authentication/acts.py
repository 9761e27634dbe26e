"""The steps of log-ins as their use cases take them, for the tests of this folder."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit.api import Actor, EventKind
from audit.models import AuditEvent
from authentication.binding import Binding, stable_choice
from authentication.models import ApprovalRequest
from authentication.outcomes import AppAsked, Decided, DecisionRefused, DeviceAccepted, LoggedIn, RefusedParallel
from authentication.queries import alerts_due
from authentication.rules import LEAST_LEVEL, ways_to_reach
from authentication.states import BoundBy, Purpose
from authentication.usecases.alert_of_parallel import alert_of_parallel
from authentication.usecases.choose_app import choose_app
from authentication.usecases.collect import collect
from authentication.usecases.decide_request import decide_request
from authentication.usecases.give_code import give_code
from authentication.usecases.give_password import give_password
from authentication.usecases.open_request import open_request
from identities.api import (
    AssuranceLevel,
    AuthenticatorKind,
    BlockReason,
    BlockSource,
    app_of,
    block_identity,
    made_up_subject,
)
from tests.factories.apps import App
from tests.factories.identities import Resident

PORTAL, BACKOFFICE = Purpose.PORTAL_LOGIN, Purpose.BACKOFFICE_LOGIN


def opened(
    user_id: str,
    *,
    at: datetime,
    purpose: Purpose = PORTAL,
    level: AssuranceLevel = LEAST_LEVEL,
    replaces: UUID | None = None,
) -> UUID:
    """Open a request."""
    return open_request(
        purpose=purpose, user_id=user_id, source="here", level_wanted=level, replaces=replaces, now=at
    ).id


def log_in(
    resident: Resident, at: datetime, *, purpose: Purpose = PORTAL, browser_token: str | None = None
) -> LoggedIn:
    """Log in with the code display."""
    request_id = opened(resident.user_id, at=at, purpose=purpose)
    code = resident.device.code(at)
    assert give_code(source="here", request_id=request_id, code=code, now=at) == DeviceAccepted()
    outcome = give_password(request_id=request_id, password=resident.password, browser_token=browser_token, now=at)
    assert isinstance(outcome, LoggedIn), outcome
    return outcome


def choose(
    request_id: UUID, at: datetime, *, browser_token: str | None = None, opening_code: str | None = None
) -> object:
    """Ask the app."""
    return choose_app(request_id=request_id, browser_token=browser_token, opening_code=opening_code, now=at)


def asked(user_id: str, at: datetime, *, purpose: Purpose = PORTAL, level: AssuranceLevel = LEAST_LEVEL) -> UUID:
    """Open a request and ask the app."""
    request_id = opened(user_id, at=at, purpose=purpose, level=level)
    outcome = choose(request_id, at)
    assert isinstance(outcome, AppAsked), outcome
    return request_id


def short_code(request_id: UUID, at: datetime) -> str:
    """Read what the browser shows."""
    outcome = choose(request_id, at)
    assert isinstance(outcome, AppAsked), outcome
    return outcome.short_code


def decide(
    app: App,
    request_id: UUID,
    at: datetime,
    *,
    binding: str | None,
    pin: str | None = None,
    approve: bool = True,
    by: BoundBy = BoundBy.TYPED,
) -> Decided | DecisionRefused:
    """Answer in the app."""
    found = app_of(app.id)
    assert found is not None
    return decide_request(
        app=found,
        request_id=request_id,
        binding=None if binding is None else Binding(by=by, word=binding),
        pin=pin or app.pin,
        is_approved=approve,
        signed="signed",
        now=at,
    )


def log_in_with(app: App, at: datetime) -> LoggedIn:
    """Log in with the app."""
    request_id = asked(app.user_id, at)
    assert decide(app, request_id, at, binding=short_code(request_id, at)) == Decided(is_approved=True)
    outcome = collect(request_id=request_id, browser_token=None, now=at)
    assert isinstance(outcome, LoggedIn), outcome
    return outcome


def is_parallel(outcome: object) -> bool:
    """Tell whether the app was taken."""
    return outcome == RefusedParallel()


def request_row(request_id: UUID) -> ApprovalRequest:
    """Read a request afresh."""
    return ApprovalRequest.objects.get(pk=request_id)


def make_alerts() -> None:
    """Have the alerts made that are due, as the worker does."""
    for request_id in alerts_due(limit=100):
        due_at = request_row(request_id).alert_due_at
        assert due_at is not None
        assert alert_of_parallel(request_id=request_id, now=due_at)


def block(resident: Resident, at: datetime) -> None:
    """Block the identity."""
    with transaction.atomic():
        block_identity(
            identity_id=resident.identity_id,
            source=BlockSource.SUPPORT,
            reason=BlockReason.LOST_DEVICE,
            actor=Actor.system(),
            now=at,
        )


def refusals() -> list[tuple[object, object, object]]:
    """List the refused logins of the log: step, reason, subject."""
    rows = AuditEvent.objects.filter(kind=EventKind.LOGIN_REFUSED).order_by("id")
    return [(row.facts["step"], row.facts["reason"], row.subject_id) for row in rows]


def events(kind: EventKind) -> int:
    """Count the events of a kind."""
    return AuditEvent.objects.filter(kind=kind).count()


def weighed(ways: Iterable[AuthenticatorKind]) -> dict[AuthenticatorKind, int]:
    """Give how many people of a hundred use each of these ways."""
    return {way: settings.WAYS_IN_USE[way.value] for way in ways}


def nobodys_user_id(shown: AuthenticatorKind) -> str:
    """Give a user ID that nobody has, for which a log-in shows this way first."""
    ways = weighed(ways_to_reach(AssuranceLevel.SUBSTANTIAL))
    named = (f"findes ikke {number}" for number in range(1000))
    return next(name for name in named if stable_choice(made_up_subject(name), ways) == shown)
