"""What self-service decides: pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

from identities.api import CODE_DEVICES, AuthenticatorKind, AuthenticatorView, ChangeState, ConfirmRefusal
from selfservice.states import ChangeStage

A_DAY: Final = timedelta(hours=24)
ANSWERS_A_DAY: Final = 1  # a sender who is not understood is told so once a day, so that two machines never talk
HELP_LASTS: Final = timedelta(hours=1)  # "we did not understand" says nothing to who has gone on meanwhile
WRITTEN_LATELY: Final = timedelta(days=7)  # a number that we wrote to before that has nothing of ours to answer
ANSWERS_A_DAY_WHILE_A_CHANGE_WAITS: Final = 10  # somebody frightened may mistype more than once


def stage_of(
    *, state: ChangeState, refusal: ConfirmRefusal | None, opens_at: datetime, closes_at: datetime, now: datetime
) -> ChangeStage:
    """Tell what the page of a change offers, from what its confirmation would be refused for.

    Rule:  CHG-3, CHG-4.
    Times: aware UTC; ``opens_at`` is inside the window, ``closes_at`` is not.
    """
    match state:
        case ChangeState.CONFIRMED:
            return ChangeStage.CONFIRMED
        case ChangeState.CANCELLED:
            return ChangeStage.CANCELLED
        case ChangeState.EXPIRED:
            return ChangeStage.EXPIRED
        case ChangeState.PENDING:
            if now >= closes_at:
                return ChangeStage.OVER
            if refusal is None:
                return ChangeStage.MAY_BE_CONFIRMED
            return ChangeStage.WAITS if now < opens_at else ChangeStage.NEEDS_SECOND_LOGIN
        case _:
            assert_never(state)


def may_be_told_again(*, told_at: Sequence[datetime], waits: bool, now: datetime) -> bool:
    """Tell whether a sender may be told that we did not understand.

    ``told_at`` are the last ten times it was said; ``waits`` whether a change waits that the sender seems to answer.

    Rule: CHG-6.
    """
    recent = sum(now < at + A_DAY for at in told_at)
    return recent < (ANSWERS_A_DAY_WHILE_A_CHANGE_WAITS if waits else ANSWERS_A_DAY)


def still_opens(live: Sequence[AuthenticatorView], *, without: AuthenticatorView) -> bool:
    """Tell whether its citizen can log in when one authenticator of those that open now is stopped.

    Rule: APR-7: the app opens alone, everything else together with the password.
    """
    kinds = {view.kind for view in live if (view.kind, view.id) != (without.kind, without.id)}
    beside_the_password = kinds & (CODE_DEVICES | {AuthenticatorKind.CHIP})
    return AuthenticatorKind.APP in kinds or (AuthenticatorKind.PASSWORD in kinds and bool(beside_the_password))
