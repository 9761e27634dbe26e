"""Every enumeration has words for each member; pure rules at their edges."""

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import pytest
from django.utils import translation

from authentication.rules import login_stands
from identities.api import (
    AppPlatform,
    AssuranceLevel,
    AuthenticatorKind,
    AuthenticatorState,
    BlockSource,
    ChangeField,
    ChangeState,
    ChipRefusal,
    CodeRefusal,
    ConfirmRefusal,
    Guessability,
    PasswordRefusal,
    RequestRefusal,
    UserIdRefusal,
)
from notifications.api import Language
from selfservice import activity, authenticator_texts, texts
from selfservice.rules import may_be_told_again, stage_of
from selfservice.states import ChangeStage, EventGroup, StoppingAct

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("words", "members"),
    [
        (texts.FIELD_NAMES, ChangeField),
        (texts.NEW_VALUE_NAMES, ChangeField),
        (texts.CHANGE_TITLES, ChangeField),
        (texts.DONE_TITLES, ChangeField),
        (texts.STAGE_NAMES, ChangeStage),
        (texts.LANGUAGE_NAMES, Language),
        (texts.REQUEST_REFUSALS, RequestRefusal),
        (texts.USER_ID_REFUSALS, UserIdRefusal),
        (texts.PASSWORD_REFUSALS, PasswordRefusal),
        (texts.CODE_REFUSALS, CodeRefusal),
        (texts.GUESSABILITIES, Guessability),
        (authenticator_texts.KIND_NAMES, AuthenticatorKind),
        (authenticator_texts.APP_NAMES, AppPlatform),
        (authenticator_texts.STATE_NAMES, AuthenticatorState),
        (authenticator_texts.LEVEL_NAMES, AssuranceLevel),
        (authenticator_texts.SUSPENDED_BY, BlockSource),
        (authenticator_texts.AFTER_A_BLOCK, AuthenticatorKind),
        (authenticator_texts.STOP_TITLES[StoppingAct.SUSPEND], AuthenticatorKind),
        (authenticator_texts.STOP_TITLES[StoppingAct.BLOCK], AuthenticatorKind),
        (authenticator_texts.STOPPED_TITLES, StoppingAct),
        (authenticator_texts.STOPPED_TEXTS, StoppingAct),
        (authenticator_texts.CHIP_REFUSALS, ChipRefusal),
        (activity.GROUP_NAMES, EventGroup),
        (activity.SHOWN, EventGroup),
    ],
)
def test_every_member_has_words(words: dict[Any, Any], members: type[Enum]) -> None:
    assert set(words) == set(members)


@pytest.mark.parametrize("reason", list(ConfirmRefusal))
@pytest.mark.parametrize("after", [timedelta(), 2 * HOUR])
def test_every_refused_confirmation_is_explained(now: datetime, reason: ConfirmRefusal, after: timedelta) -> None:
    with translation.override("en"):
        text = texts.text_for_confirmation(reason, opens_at=now + HOUR, closes_at=now + 25 * HOUR, now=now + after)
    assert text
    assert "%(" not in text
    if reason in {ConfirmRefusal.TOO_EARLY, ConfirmRefusal.SAME_LOGIN}:
        assert "23 November 2026 at 14:00" in text


@pytest.mark.parametrize(
    ("signed_out_after", "is_active", "stands"),
    [(None, True, True), (-TICK, True, True), (timedelta(), True, False), (TICK, True, False), (None, False, False)],
)
def test_a_login_stands_until_the_identity_is_signed_out(
    now: datetime, signed_out_after: timedelta | None, is_active: bool, stands: bool
) -> None:
    signed_out_at = None if signed_out_after is None else now + signed_out_after
    assert login_stands(is_active=is_active, signed_out_at=signed_out_at, login_at=now) is stands


@pytest.mark.parametrize(
    ("state", "refusal", "after", "stage"),
    [
        (ChangeState.PENDING, ConfirmRefusal.SAME_LOGIN, HOUR - TICK, ChangeStage.WAITS),
        (ChangeState.PENDING, ConfirmRefusal.SAME_LOGIN, HOUR, ChangeStage.NEEDS_SECOND_LOGIN),
        (ChangeState.PENDING, None, HOUR, ChangeStage.MAY_BE_CONFIRMED),
        (ChangeState.PENDING, None, 25 * HOUR - TICK, ChangeStage.MAY_BE_CONFIRMED),
        (ChangeState.PENDING, ConfirmRefusal.TOO_LATE, 25 * HOUR, ChangeStage.OVER),
        (ChangeState.CONFIRMED, ConfirmRefusal.NOT_PENDING, HOUR, ChangeStage.CONFIRMED),
        (ChangeState.CANCELLED, ConfirmRefusal.NOT_PENDING, HOUR, ChangeStage.CANCELLED),
        (ChangeState.EXPIRED, ConfirmRefusal.NOT_PENDING, 26 * HOUR, ChangeStage.EXPIRED),
    ],
)
def test_the_stage_follows_state_and_window(
    now: datetime, state: ChangeState, refusal: ConfirmRefusal | None, after: timedelta, stage: ChangeStage
) -> None:
    times = {"opens_at": now + HOUR, "closes_at": now + 25 * HOUR, "now": now + after}
    assert stage_of(state=state, refusal=refusal, **times) is stage


def test_a_sender_is_told_once_a_day(now: datetime) -> None:
    assert may_be_told_again(told_at=[], waits=False, now=now)
    assert not may_be_told_again(told_at=[now], waits=False, now=now + 24 * HOUR - TICK)
    assert may_be_told_again(told_at=[now], waits=False, now=now + 24 * HOUR)
    assert may_be_told_again(told_at=[now] * 9, waits=True, now=now)
    assert not may_be_told_again(told_at=[now] * 10, waits=True, now=now)
