"""Whoever answers with the right code hears what became of the change, whatever that was (CHG-6)."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from audit.api import EventKind, events_about
from identities.api import ChangeField, ChangeState, IdentityState, identity_by_id
from notifications.api import Language, MessageKind
from notifications.models import Delivery
from notifications.sealing import Column, open_column
from selfservice.api import SmsReplyOutcome, take_sms_reply
from selfservice.usecases.confirm_change import confirm_change
from selfservice.usecases.expire_changes import expire_changes
from tests.factories.identities import Resident, a_resident
from tests.factories.selfservice import a_login, a_requested_change, change_row, stop_code_for

HOUR = timedelta(hours=1)


@pytest.fixture
def change_id(resident: Resident, now: datetime) -> UUID:
    """A change of the e-mail that waits."""
    return a_requested_change(a_login(resident.identity_id, at=now), ChangeField.EMAIL, now=now).change_id


def texts(kind: MessageKind) -> list[str]:
    rows = Delivery.objects.filter(kind=kind).order_by("id")
    return [open_column(row.body_sealed, column=Column.BODY, delivery_id=row.id) for row in rows]


def test_a_no_to_a_change_that_was_made_says_so_each_time_and_how_to_block(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    """A thief confirms at once when the hour is over; the holder wakes later and answers as the alert said."""
    code, later = stop_code_for(resident), now + 2 * HOUR
    confirm_change(login=a_login(resident.identity_id, at=now + HOUR), change_id=change_id, now=now + HOUR)
    outcomes = [take_sms_reply(sender=resident.phone, text=f"NO {code}", now=later) for _ in range(3)]
    assert outcomes == [SmsReplyOutcome.TOO_LATE] * 3
    assert change_row(change_id).state == ChangeState.CONFIRMED
    said = texts(MessageKind.REPLY_TOO_LATE)
    assert len(said) == 3
    assert all(f"BLOCK {code}" in text and "14.00" in text for text in said)  # 13:00 UTC
    event = events_about(subject_id=resident.identity_id, limit=1)[0]
    assert (event.kind, event.facts["reason"]) == (EventKind.CHANGE_STOP_REFUSED, "not_pending")
    assert take_sms_reply(sender=resident.phone, text=f"BLOCK {code}", now=later) is SmsReplyOutcome.BLOCKED
    identity = identity_by_id(resident.identity_id)
    assert identity is not None
    assert identity.state is IdentityState.BLOCKED


def test_who_guesses_the_code_of_a_change_that_was_made_is_heard_five_times(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    """CHG-6: ten thousand texts in another's name must not block that person."""
    code, later = stop_code_for(resident), now + 2 * HOUR
    confirm_change(login=a_login(resident.identity_id, at=now + HOUR), change_id=change_id, now=now + HOUR)
    for _ in range(5):
        take_sms_reply(sender=resident.phone, text=f"BLOCK {(int(code) + 1) % 10_000:04}", now=later)
    take_sms_reply(sender=resident.phone, text=f"BLOCK {code}", now=later)
    identity = identity_by_id(resident.identity_id)
    assert identity is not None
    assert identity.state is IdentityState.ACTIVE
    assert not Delivery.objects.filter(kind=MessageKind.WRONG_REPLIES).exists()
    assert take_sms_reply(sender=resident.phone, text=f"NO {code}", now=later) is SmsReplyOutcome.TOO_LATE


def test_a_no_to_a_change_that_ran_out_says_that_nothing_was_changed(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    late = change_row(change_id).closes_at + HOUR
    assert expire_changes(now=late, limit=9) == 1
    text = f"NO {stop_code_for(resident)}"
    assert take_sms_reply(sender=resident.phone, text=text, now=late) is SmsReplyOutcome.TOO_LATE
    assert "Intet er ændret" in texts(MessageKind.REPLY_RAN_OUT)[0]


def test_a_no_to_a_change_that_waits_or_was_stopped_says_that_it_is_stopped(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    text = f"NO {stop_code_for(resident)}"
    outcomes = [take_sms_reply(sender=resident.phone, text=text, now=now) for _ in range(2)]
    assert outcomes == [SmsReplyOutcome.STOPPED] * 2
    assert len(texts(MessageKind.REPLY_STOPPED)) == 2


def test_who_is_not_understood_is_told_so_in_their_language(db: None, now: datetime) -> None:
    """ALR-3."""
    resident = a_resident(now=now, language=Language.EN)
    take_sms_reply(sender=resident.phone, text="what?", now=now)
    assert "did not understand" in texts(MessageKind.REPLY_NOT_UNDERSTOOD)[0]
