"""Decisions about log-ins: levels, how long a request and a login live, who may take the app's one place."""

from datetime import datetime, timedelta
from typing import Final

from authentication.states import Door, LoginRefusal, Progress, Purpose, RequestState
from identities.api import AssuranceLevel, AuthenticatorKind

REQUEST_LASTS: Final = timedelta(minutes=5)  # APR-2
TRIES_A_REQUEST: Final = 3  # TRY-1
LEAST_LEVEL: Final = AssuranceLevel.SUBSTANTIAL  # TRY-3
LONGEST_REFERENCE_TEXT: Final = 130  # domain table 1
LONGEST_ASKER: Final = 130
NONCE_BYTES: Final = 32
OPENING_CODE_LASTS: Final = timedelta(minutes=5)
BROWSER_KNOWN_FOR: Final = timedelta(days=365)
ONE_ALERT_EVERY: Final = timedelta(hours=1)  # APR-5: a stranger who goes on knocking fills nobody's inbox

LIVING: Final = (RequestState.OPEN, RequestState.DEVICE_ACCEPTED, RequestState.CONFIRMED)  # not over yet

DOOR_OF: Final = {Purpose.PORTAL_LOGIN: Door.PORTAL, Purpose.BACKOFFICE_LOGIN: Door.BACKOFFICE}

STRENGTH: Final = {  # domain table 4; each with what it is used with. An app is HIGH only where enrolled so (LVL-2).
    AuthenticatorKind.APP: AssuranceLevel.HIGH,
    AuthenticatorKind.CODE_DISPLAY: AssuranceLevel.SUBSTANTIAL,
    AuthenticatorKind.AUDIO_READER: AssuranceLevel.SUBSTANTIAL,
    AuthenticatorKind.CHIP: AssuranceLevel.HIGH,
    AuthenticatorKind.PASSWORD: AssuranceLevel.LOW,
}

WAYS: Final = (  # of coming in; the password alone is LOW, and so is none (TRY-3)
    AuthenticatorKind.APP,
    AuthenticatorKind.CODE_DISPLAY,
    AuthenticatorKind.AUDIO_READER,
    AuthenticatorKind.CHIP,
)


def ways_to_reach(level: AssuranceLevel) -> tuple[AuthenticatorKind, ...]:
    """List the kinds that can reach a level at all, for whomever (TRY-2: no list tells what somebody has)."""
    return tuple(kind for kind in WAYS if STRENGTH[kind] >= level)


def level_of_login(
    *, identity_level: AssuranceLevel, strength: AssuranceLevel, enrolled_level: AssuranceLevel
) -> AssuranceLevel:
    """Give the level that a login reached.

    Rule: LVL-1, LVL-2: the lowest of identity, strength used and level at enrolment; FAL is HIGH inside the core.
    """
    return AssuranceLevel(min(identity_level, strength, enrolled_level))


def refusal_of_level(*, reached: AssuranceLevel, wanted: AssuranceLevel) -> LoginRefusal | None:
    """Decide whether a login may open its door at the level it reached.

    Rule: TRY-3: never below SUBSTANTIAL; a step up is what was asked for or nothing.
    """
    if reached < LEAST_LEVEL:
        return LoginRefusal.LEVEL_TOO_LOW
    if reached < wanted:
        return LoginRefusal.STEP_UP_FAILED
    return None


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
    if state is RequestState.REJECTED:
        return LoginRefusal.REJECTED
    if state is RequestState.SUPERSEDED:
        return LoginRefusal.SUPERSEDED
    if state is not expected or not request_is_alive(
        opened_at=opened_at, expires_at=expires_at, dead_since=dead_since, now=now
    ):
        return LoginRefusal.EXPIRED
    return None


def request_is_alive(*, opened_at: datetime, expires_at: datetime, dead_since: datetime | None, now: datetime) -> bool:
    """Tell whether a request that nobody has ended still counts.

    Rule:  APR-2, BLK-1.
    Times: aware UTC; at ``expires_at`` it has expired, one of the instant ``dead_since`` is dead.
    """
    return now < expires_at and (dead_since is None or opened_at > dead_since)


def progress_of(state: RequestState, *, is_alive: bool) -> Progress:
    """Say what a waiting browser is told."""
    if state is RequestState.REJECTED:
        return Progress.REJECTED
    if not is_alive or state not in {RequestState.OPEN, RequestState.CONFIRMED}:
        return Progress.OVER
    return Progress.CONFIRMED if state is RequestState.CONFIRMED else Progress.WAITING


def browser_is_known(*, last_used_at: datetime, dead_since: datetime | None, now: datetime) -> bool:
    """Tell whether a browser that logged an identity in once still counts as its owner's.

    Rule: APR-5, BLK-1: not after a year without a login, and not one that was used before the last block only.
    """
    if dead_since is not None and last_used_at <= dead_since:
        return False
    return now < last_used_at + BROWSER_KNOWN_FOR


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


def login_stands(*, is_active: bool, signed_out_at: datetime | None, login_at: datetime) -> bool:
    """Tell whether an identity's login still acts, read while the identity's row is locked.

    Rule: BLK-1. A login of the instant ``signed_out_at`` or before is dead.
    """
    return is_active and (signed_out_at is None or login_at > signed_out_at)
