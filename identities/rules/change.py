"""The double login: when a change may be asked for, confirmed, stopped (CHG-1 to CHG-7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from identities.states import AssuranceLevel, ChangeState

COOLING_OFF: Final = timedelta(hours=1)  # CHG-3: published; a deployment may lengthen it, never shorten
# CHG-6: after so many wrong codes from the right phone number the word that blocks everything is not heard any more.
# The one that stops is always heard: stopping is the safe direction, and a limit that a forged sender could use up
# would take the alert's holder the way out.
WRONG_BLOCK_CODES: Final = 5


REQUESTS_A_DAY: Final = 5  # of one field: who asks and stops in turn must not bury the alert that matters
TAKEN_ANSWERS_A_DAY: Final = 10  # TRY-2: how often one identity is told that a user ID is taken


@dataclass(frozen=True, kw_only=True)
class SecondLogin:
    """The authentication that a confirmation rests on."""

    id: UUID
    at: datetime
    level: AssuranceLevel
    app_id: UUID | None = None  # of a login inside an app


class ConfirmRefusal(StrEnum):
    """Why a pending change is not confirmed now."""

    NOT_PENDING = "not_pending"
    SAME_LOGIN = "same_login"
    LEVEL_TOO_LOW = "level_too_low"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    TAKEN = "taken"
    AT_MOST = "at_most"
    PHONE_TOO_NEW = "phone_too_new"
    NOT_POSSIBLE = "not_possible"
    OTHER_APP = "other_app"


def window_of(*, requested_at: datetime, wait: timedelta, lasts: timedelta) -> tuple[datetime, datetime]:
    """Give ``opens_at`` and ``closes_at`` of a change requested now.

    Rule: CHG-3, CHG-4; a wait shorter than the published hour counts as the hour.
    """
    opens_at = requested_at + max(wait, COOLING_OFF)
    return opens_at, opens_at + lasts


def refusal_to_confirm(
    *,
    state: ChangeState,
    first_login_id: UUID,
    opens_at: datetime,
    closes_at: datetime,
    second: SecondLogin,
    now: datetime,
) -> ConfirmRefusal | None:
    """Decide whether ``second`` may confirm a change; ``None`` means it may.

    Rule:  CHG-3, CHG-4. The wait is measured to the second authentication, so that a session held open does not
           count; the end is measured at ``now``, so that a late press does not either.
    Times: aware UTC; ``opens_at`` is inside the window, ``closes_at`` is not.
    """
    if state is not ChangeState.PENDING:
        return ConfirmRefusal.NOT_PENDING
    if now >= closes_at:
        return ConfirmRefusal.TOO_LATE
    if second.id == first_login_id:
        return ConfirmRefusal.SAME_LOGIN
    if second.level < AssuranceLevel.SUBSTANTIAL:
        return ConfirmRefusal.LEVEL_TOO_LOW
    if second.at < opens_at:
        return ConfirmRefusal.TOO_EARLY
    return None
