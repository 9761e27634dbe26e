"""Who has one login cannot bury the alert that matters under others (TRY-2, ALR-2)."""

from datetime import datetime, timedelta

from audit.api import EventKind, events_about
from authentication.api import Login
from identities.api import ChangeField, ChangeNotTaken, ChangeWaits, RequestRefusal
from notifications.api import MessageKind
from notifications.models import Delivery
from selfservice.usecases.cancel_change import cancel_change
from selfservice.usecases.outcomes import NewValue
from selfservice.usecases.request_change import request_change
from tests.factories.identities import Resident
from tests.factories.selfservice import NEW_PASSWORD_HASH, a_login, a_requested_change

DAY = timedelta(days=1)


def ask_and_stop(login: Login, *, now: datetime) -> ChangeWaits:
    waits = a_requested_change(login, ChangeField.PASSWORD, now=now)
    assert cancel_change(login=login, change_id=waits.change_id, now=now) is True
    return waits


def test_the_sixth_request_for_a_field_within_a_day_is_refused(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    for _ in range(5):
        ask_and_stop(login, now=now)
    sent = Delivery.objects.count()
    asked = NewValue(value=NEW_PASSWORD_HASH)
    refused = request_change(
        login=login, field=ChangeField.PASSWORD, wanted=asked, now=now + DAY - timedelta(seconds=1)
    )
    assert refused == ChangeNotTaken(RequestRefusal.TOO_MANY_REQUESTS)
    event = events_about(subject_id=resident.identity_id, limit=1)[0]
    assert (event.kind, event.facts["reason"]) == (EventKind.CHANGE_REQUEST_REFUSED, "too_many_requests")
    assert Delivery.objects.count() == sent


def test_a_day_later_and_for_another_field_it_is_taken_and_told_like_the_first(
    resident: Resident, now: datetime
) -> None:
    login = a_login(resident.identity_id, at=now)
    for _ in range(5):
        ask_and_stop(login, now=now)
    a_requested_change(login, ChangeField.USER_ID, now=now)
    told = Delivery.objects.filter(kind=MessageKind.CHANGE_REQUESTED)
    assert told.count() == 12
    a_requested_change(login, ChangeField.PASSWORD, now=now + DAY)
    assert told.count() == 14
