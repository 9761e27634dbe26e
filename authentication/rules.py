"""Decisions about log-ins: levels, how long a request and a login live."""

from datetime import datetime, timedelta
from typing import Final

from authentication.states import LoginRefusal, RequestState
from identities.api import AssuranceLevel

REQUEST_LASTS: Final = timedelta(minutes=5)  # APR-2
TRIES_A_REQUEST: Final = 3  # TRY-1
LEAST_LEVEL: Final = AssuranceLevel.SUBSTANTIAL  # TRY-3
CODE_DISPLAY_STRENGTH: Final = AssuranceLevel.SUBSTANTIAL  # domain table 4, with the password


def level_of_login(
    *, identity_level: AssuranceLevel, strength: AssuranceLevel, enrolled_level: AssuranceLevel
) -> AssuranceLevel:
    """Give the level that a login reached.

    Rule: LVL-1, LVL-2: the lowest of identity, strength used and level at enrolment; FAL is HIGH inside the core.
    """
    return AssuranceLevel(min(identity_level, strength, enrolled_level))


def refusal_to_go_on(
    *,
    state: RequestState,
    expected: RequestState,
    expires_at: datetime,
    dead_since: datetime | None,
    opened_at: datetime,
    now: datetime,
) -> LoginRefusal | None:
    """Decide whether a log-in request may take its next step; ``None`` means it may.

    Rule:  APR-2, BLK-1: ``dead_since`` is when the identity was last signed out everywhere; requests of that instant
           or before are dead.
    Times: aware UTC; at ``expires_at`` it has expired.
    """
    if state is not expected or now >= expires_at:
        return LoginRefusal.EXPIRED
    if dead_since is not None and opened_at <= dead_since:
        return LoginRefusal.EXPIRED
    return None


def login_is_alive(
    *,
    at: datetime,
    last_seen_at: datetime,
    dead_since: datetime | None,
    idle_for: timedelta,
    lasts_for: timedelta,
    now: datetime,
) -> bool:
    """Tell whether a login still opens its door.

    Rule:  BLK-1; ten minutes idle, thirty in all by default. A login of the instant ``dead_since`` or before is dead.
    Times: aware UTC, half-open.
    """
    if dead_since is not None and at <= dead_since:
        return False
    return now < at + lasts_for and now < last_seen_at + idle_for
