"""Two at once: exactly one is granted what only one may have."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from identities.api import (
    ChangeField,
    ChangeNotTaken,
    ChangeState,
    ChangeWaits,
    Confirmed,
    ConfirmRefusal,
    ConfirmRefused,
    RequestRefusal,
)
from identities.models import PendingChange
from notifications.api import MessageKind
from notifications.models import Delivery
from selfservice.api import SmsReplyOutcome, take_sms_reply
from selfservice.usecases.confirm_change import confirm_change
from selfservice.usecases.outcomes import LoginEnded, NewUserId
from selfservice.usecases.request_change import request_change
from tests.factories.identities import a_resident
from tests.factories.selfservice import a_login, a_requested_change, change_row, stop_code_for
from tests.factories.together import at_once

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("_round", range(3))
def test_of_two_confirmations_one_makes_the_change(now: datetime, _round: int) -> None:
    resident = a_resident(now=now)
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    seconds = [a_login(resident.identity_id, at=now + HOUR) for _ in range(2)]
    outcomes = at_once(
        *[
            lambda second=second: confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
            for second in seconds
        ]
    )
    assert sum(isinstance(outcome, Confirmed) for outcome in outcomes) == 1
    assert outcomes.count(LoginEnded()) == 1  # the one that won ended the other's login
    assert Delivery.objects.filter(kind=MessageKind.CHANGE_CONFIRMED).count() == 2


def test_of_two_presses_at_one_login_one_makes_the_change(now: datetime) -> None:
    resident = a_resident(now=now)
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    second = a_login(resident.identity_id, at=now + HOUR)
    press = partial(confirm_change, login=second, change_id=change.change_id, now=now + HOUR)
    outcomes = at_once(press, press)
    assert sum(isinstance(outcome, Confirmed) for outcome in outcomes) == 1
    assert [o.reason for o in outcomes if isinstance(o, ConfirmRefused)] == [ConfirmRefusal.NOT_PENDING]
    assert Delivery.objects.filter(kind=MessageKind.CHANGE_CONFIRMED).count() == 2


@pytest.mark.parametrize("_round", range(3))
def test_of_two_requests_for_a_field_one_waits(now: datetime, _round: int) -> None:
    resident = a_resident(now=now)
    login = a_login(resident.identity_id, at=now)
    outcomes = at_once(
        *[
            lambda text=text: request_change(
                login=login, field=ChangeField.USER_ID, wanted=NewUserId(user_id=text), now=now
            )
            for text in ("ørred i å", "gedde i sø")
        ]
    )
    assert sum(isinstance(outcome, ChangeWaits) for outcome in outcomes) == 1
    assert ChangeNotTaken(RequestRefusal.ALREADY_PENDING) in outcomes
    assert PendingChange.objects.count() == 1
    assert Delivery.objects.filter(kind=MessageKind.CHANGE_REQUESTED).count() == 2


@pytest.mark.parametrize("_round", range(3))
def test_of_confirmation_and_stop_one_wins_and_neither_waits_for_ever(now: datetime, _round: int) -> None:
    resident = a_resident(now=now)
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    second, text = a_login(resident.identity_id, at=now + HOUR), f"NO {stop_code_for(resident)}"
    outcomes: list[object] = at_once(
        lambda: confirm_change(login=second, change_id=change.change_id, now=now + HOUR),
        lambda: take_sms_reply(sender=resident.phone, text=text, now=now + HOUR),
    )
    is_confirmed = isinstance(outcomes[0], Confirmed)
    assert is_confirmed == (change_row(change.change_id).state == ChangeState.CONFIRMED)
    assert is_confirmed != (outcomes[1] is SmsReplyOutcome.STOPPED)


@pytest.mark.parametrize("_round", range(3))
def test_a_block_at_the_moment_of_a_request_leaves_nothing_waiting(now: datetime, _round: int) -> None:
    resident = a_resident(now=now)
    login = a_login(resident.identity_id, at=now)
    a_requested_change(login, ChangeField.EMAIL, now=now)
    text = f"BLOCK {stop_code_for(resident)}"
    at_once(
        lambda: request_change(
            login=login, field=ChangeField.USER_ID, wanted=NewUserId(user_id="ørred i å"), now=now + HOUR
        ),
        lambda: take_sms_reply(sender=resident.phone, text=text, now=now + HOUR),
    )
    assert not PendingChange.objects.filter(state=ChangeState.PENDING).exists()


def test_of_two_texts_at_once_that_are_not_understood_one_is_answered(now: datetime) -> None:
    resident = a_resident(now=now)
    write = partial(take_sms_reply, sender=resident.phone, text="hvad?", now=now)
    assert sorted(at_once(write, write)) == [SmsReplyOutcome.IGNORED, SmsReplyOutcome.NOT_UNDERSTOOD]
    assert Delivery.objects.filter(kind=MessageKind.REPLY_NOT_UNDERSTOOD).count() == 1
