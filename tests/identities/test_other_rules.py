"""The double login's window, wrong tries, one-time codes."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identities.rules.change import COOLING_OFF, ConfirmRefusal, SecondLogin, refusal_to_confirm, window_of
from identities.rules.codes import activation_code_is_usable, normal_activation_code
from identities.rules.totp import truncated
from identities.rules.tries import NO_TRIES, after_wrong_try, is_paused
from identities.states import ActivationCodeState, AssuranceLevel, ChangeState

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)
OPENS, CLOSES = NOON + timedelta(hours=1), NOON + timedelta(hours=25)
TICK = timedelta(microseconds=1)


def refusal(*, login_id=SECOND, at=OPENS, level=AssuranceLevel.SUBSTANTIAL, now=None, state=ChangeState.PENDING):
    return refusal_to_confirm(
        state=state,
        first_login_id=FIRST,
        opens_at=OPENS,
        closes_at=CLOSES,
        second=SecondLogin(id=login_id, at=at, level=level),
        now=now or max(at, OPENS),
    )


def test_chg_3_4_a_second_login_of_the_very_instant_it_opens_confirms():
    """CHG-3, CHG-4."""
    assert refusal() is None
    assert refusal(at=CLOSES - TICK, now=CLOSES - TICK) is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"at": OPENS - TICK}, ConfirmRefusal.TOO_EARLY),
        ({"at": OPENS - TICK, "now": CLOSES - TICK}, ConfirmRefusal.TOO_EARLY),  # a session held open
        ({"now": CLOSES}, ConfirmRefusal.TOO_LATE),
        ({"login_id": FIRST}, ConfirmRefusal.SAME_LOGIN),
        ({"level": AssuranceLevel.LOW}, ConfirmRefusal.LEVEL_TOO_LOW),
        ({"state": ChangeState.CONFIRMED}, ConfirmRefusal.NOT_PENDING),
        ({"state": ChangeState.CANCELLED}, ConfirmRefusal.NOT_PENDING),
        ({"state": ChangeState.EXPIRED}, ConfirmRefusal.NOT_PENDING),
    ],
)
def test_chg_3_4_everything_else_is_refused(changed, reason):
    """CHG-3, CHG-4."""
    assert refusal(**changed) is reason


@given(
    st.timedeltas(min_value=timedelta(), max_value=timedelta(days=3)),
    st.timedeltas(min_value=TICK, max_value=timedelta(days=9)),
)
def test_chg_3_no_setting_makes_the_wait_shorter_than_the_published_hour(wait, lasts):
    """CHG-3."""
    opens_at, closes_at = window_of(requested_at=NOON, wait=wait, lasts=lasts)
    assert opens_at - NOON == max(wait, COOLING_OFF) >= timedelta(hours=1)
    assert closes_at - opens_at == lasts


def test_try_1_three_wrong_tries_pause_ten_minutes_then_an_hour_then_block():
    """TRY-1."""
    tries, pauses = NO_TRIES, []
    for _ in range(6):
        tries = after_wrong_try(tries, may_block=True, now=NOON)
        pauses.append(tries.paused_until - NOON if tries.paused_until else None)
    assert pauses == [None, None, *[timedelta(minutes=10)] * 3, timedelta(hours=1)]
    for _ in range(3):
        assert not tries.is_blocked
        tries = after_wrong_try(tries, may_block=True, now=NOON)
    assert tries.is_blocked


@given(st.integers(min_value=1, max_value=200))
def test_try_2_where_a_stranger_may_be_the_one_who_tries_nothing_is_ever_blocked(wrong):
    """TRY-2: no longer than the hour of TRY-1."""
    tries = NO_TRIES
    for _ in range(wrong):
        tries = after_wrong_try(tries, may_block=False, now=NOON)
    assert not tries.is_blocked
    assert not is_paused(tries, now=NOON + timedelta(hours=1))


def test_a_pause_is_over_at_its_very_end():
    """TRY-1: half-open."""
    tries = NO_TRIES
    for _ in range(3):
        tries = after_wrong_try(tries, may_block=False, now=NOON)
    assert is_paused(tries, now=NOON + timedelta(minutes=10) - TICK)
    assert not is_paused(tries, now=NOON + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("counter", "code"),
    list(enumerate([755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489])),
)
def test_sec_3_truncation_gives_the_codes_of_rfc_4226(counter, code):
    """SEC-3, RFC 4226 appendix D."""
    mac = hmac.new(b"12345678901234567890", counter.to_bytes(8, "big"), hashlib.sha1).digest()
    assert truncated(mac) == code


def test_sec_4_a_paper_code_has_expired_at_its_very_end():
    """SEC-4."""
    usable = {"state": ActivationCodeState.OPEN, "expires_at": NOON}
    assert activation_code_is_usable(**usable, now=NOON - TICK)
    assert not activation_code_is_usable(**usable, now=NOON)
    assert not activation_code_is_usable(state=ActivationCodeState.DEAD, expires_at=NOON, now=NOON - TICK)


def test_sec_4_an_activation_code_may_be_typed_with_gaps_and_in_lower_case():
    """SEC-4."""
    assert normal_activation_code(" 3acd-7 ghq ") == "3ACD7GHQ"
