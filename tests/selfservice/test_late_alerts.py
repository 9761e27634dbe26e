"""An alert that comes late never says that a change waits which is over (CHG-2, ALR-4)."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from identities.api import CancelledBy, ChangeField, ChangeState
from notifications.api import Channel, DeliveryState, MessageKind
from notifications.models import Delivery
from notifications.usecases.deliver import deliver
from selfservice.usecases.cancel_change import cancel_change
from selfservice.usecases.confirm_change import confirm_change
from selfservice.usecases.expire_changes import expire_changes
from tests.factories.identities import Resident, texts_sent
from tests.factories.selfservice import a_login, a_requested_change, change_row

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def change_id(resident: Resident, now: datetime) -> UUID:
    """A change of the user ID that waits, whose alerts have not gone out."""
    return a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now).change_id


def rows(kind: MessageKind) -> list[Delivery]:
    return list(Delivery.objects.filter(kind=kind).exclude(channel=Channel.APP).order_by("channel"))


def send(kind: MessageKind, *, now: datetime) -> list[str]:
    """Let workers try every delivery of a kind; give where each stands then."""
    for row in rows(kind):
        deliver(delivery_id=row.id, now=now)
    return [row.state for row in rows(kind)]


def test_an_alert_in_time_goes_out(change_id: UUID, now: datetime) -> None:
    assert send(MessageKind.CHANGE_REQUESTED, now=now + HOUR) == [DeliveryState.SENT] * 2


def test_once_the_window_has_closed_the_alert_is_not_sent(change_id: UUID, now: datetime) -> None:
    late = change_row(change_id).closes_at
    assert send(MessageKind.CHANGE_REQUESTED, now=late) == [DeliveryState.GIVEN_UP] * 2
    assert {row.failure for row in rows(MessageKind.CHANGE_REQUESTED)} == {"no_longer_useful"}


@pytest.mark.parametrize("is_tried_before", [True, False])
def test_whom_the_alert_did_not_reach_hears_that_the_change_ran_out(
    resident: Resident, change_id: UUID, now: datetime, is_tried_before: bool
) -> None:
    late = change_row(change_id).closes_at
    (email, sms) = rows(MessageKind.CHANGE_REQUESTED)
    deliver(delivery_id=email.id, now=now)
    if is_tried_before:
        send(MessageKind.CHANGE_REQUESTED, now=late)
    assert expire_changes(now=late, limit=9) == 1
    (told,) = rows(MessageKind.CHANGE_RAN_OUT)
    assert (told.channel, told.contact_id) == (Channel.SMS, sms.contact_id)
    text = texts_sent(reference=resident.identity_id, channel=Channel.SMS, kind=MessageKind.CHANGE_RAN_OUT)[0]
    assert "intet er ændret" in text
    assert send(MessageKind.CHANGE_REQUESTED, now=late) == [DeliveryState.SENT, DeliveryState.GIVEN_UP]


def test_when_every_alert_was_sent_nothing_is_said_of_the_end(change_id: UUID, now: datetime) -> None:
    send(MessageKind.CHANGE_REQUESTED, now=now)
    expire_changes(now=change_row(change_id).closes_at, limit=9)
    assert rows(MessageKind.CHANGE_RAN_OUT) == []


def test_after_the_confirmation_the_alert_that_it_waits_is_not_sent(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    later = now + HOUR
    confirm_change(login=a_login(resident.identity_id, at=later), change_id=change_id, now=later)
    assert change_row(change_id).state == ChangeState.CONFIRMED
    assert send(MessageKind.CHANGE_REQUESTED, now=later) == [DeliveryState.GIVEN_UP] * 2
    assert send(MessageKind.CHANGE_CONFIRMED, now=later) == [DeliveryState.SENT] * 2


def test_after_the_stop_the_alert_that_it_waits_is_not_sent_and_that_of_another_change_is(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    login, later = a_login(resident.identity_id, at=now), now + HOUR
    a_requested_change(login, ChangeField.PASSWORD, now=now)
    cancel_change(login=login, change_id=change_id, now=later)
    assert change_row(change_id).cancelled_by == CancelledBy.CITIZEN
    states = send(MessageKind.CHANGE_REQUESTED, now=later)
    assert sorted(states) == [DeliveryState.GIVEN_UP] * 2 + [DeliveryState.SENT] * 2
    assert send(MessageKind.CHANGE_STOPPED, now=later) == [DeliveryState.SENT] * 2
