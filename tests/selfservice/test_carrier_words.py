"""Who writes STOP, or seems to, is told elsewhere what that did and what it did not (ALR-2, CHG-6)."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from audit.api import ActorKind, EventKind, events_about
from identities.api import ChangeField, ChangeState, ContactKind
from notifications.api import CarrierWord, Channel, MessageKind
from notifications.models import Delivery, SmsOptOut
from selfservice.api import SmsReplyOutcome, take_sms_reply
from selfservice.usecases.request_change import request_change
from tests.factories.identities import Resident, a_resident, texts_sent
from tests.factories.selfservice import a_login, a_requested_change, change_row, wanted_contact


@pytest.fixture
def change_id(resident: Resident, now: datetime) -> UUID:
    """A change of the e-mail that waits."""
    return a_requested_change(a_login(resident.identity_id, at=now), ChangeField.EMAIL, now=now).change_id


def write(resident: Resident, word: CarrierWord, *, now: datetime, provider: str = "twilio") -> SmsReplyOutcome:
    return take_sms_reply(sender=resident.phone, text=word.value, carrier_word=word, provider=provider, now=now)


def told(resident: Resident, kind: MessageKind) -> list[str]:
    rows = Delivery.objects.filter(reference=resident.identity_id, kind=kind)
    return sorted(rows.values_list("channel", flat=True))


def test_a_stop_is_recorded_and_told_on_every_other_channel(resident: Resident, now: datetime) -> None:
    assert write(resident, CarrierWord.STOP, now=now) is SmsReplyOutcome.CARRIERS
    assert told(resident, MessageKind.TEXTS_STOPPED) == [Channel.EMAIL]
    assert told(resident, MessageKind.CHANGE_STILL_WAITS) == []
    (text,) = texts_sent(reference=resident.identity_id, channel=Channel.EMAIL, kind=MessageKind.TEXTS_STOPPED)
    assert "START" in text
    assert resident.phone not in text
    event = events_about(subject_id=resident.identity_id, limit=1)[0]
    assert (event.kind, event.actor.kind) == (EventKind.TEXTS_STOPPED, ActorKind.ALERT_HOLDER)
    assert event.facts == {"provider": "twilio"}


def test_a_stop_that_is_noted_already_is_not_told_again(resident: Resident, now: datetime) -> None:
    for _ in range(3):
        write(resident, CarrierWord.STOP, now=now)
    assert told(resident, MessageKind.TEXTS_STOPPED) == [Channel.EMAIL]


def test_who_writes_stop_and_start_in_turn_buries_nobody_in_alerts(resident: Resident, now: datetime) -> None:
    for _ in range(5):
        write(resident, CarrierWord.STOP, now=now)
        write(resident, CarrierWord.START, now=now)
    assert len(told(resident, MessageKind.TEXTS_STOPPED)) == 3
    write(resident, CarrierWord.STOP, now=now + timedelta(days=1))
    assert len(told(resident, MessageKind.TEXTS_STOPPED)) == 4


@pytest.mark.parametrize("word", [CarrierWord.STOP, CarrierWord.HELP])
def test_while_a_change_waits_the_other_channels_hear_that_it_still_does(
    resident: Resident, change_id: UUID, now: datetime, word: CarrierWord
) -> None:
    """CHG-6: CANCEL and END are what a frightened person writes."""
    for _ in range(5):
        assert write(resident, word, now=now) is SmsReplyOutcome.CARRIERS
    assert change_row(change_id).state == ChangeState.PENDING
    assert told(resident, MessageKind.CHANGE_STILL_WAITS) == [Channel.EMAIL] * 3
    text = texts_sent(reference=resident.identity_id, channel=Channel.EMAIL, kind=MessageKind.CHANGE_STILL_WAITS)[0]
    assert "ikke stoppet" in text


def test_a_strangers_stop_is_noted_and_tells_nobody(resident: Resident, change_id: UUID, now: datetime) -> None:
    before = Delivery.objects.count()
    take_sms_reply(sender="+4520999999", text="STOP", carrier_word=CarrierWord.STOP, provider="http", now=now)
    assert (SmsOptOut.objects.get().provider, Delivery.objects.count()) == ("http", before)


def test_a_start_is_recorded_and_lifts_what_that_provider_was_told(resident: Resident, now: datetime) -> None:
    write(resident, CarrierWord.STOP, now=now)
    assert write(resident, CarrierWord.START, now=now, provider="http") is not SmsReplyOutcome.CARRIERS
    assert write(resident, CarrierWord.START, now=now) is SmsReplyOutcome.CARRIERS
    assert events_about(subject_id=resident.identity_id, limit=1)[0].kind is EventKind.TEXTS_STARTED
    assert not SmsOptOut.objects.exists()


def test_a_phone_that_is_proven_anew_is_sent_texts_again(resident: Resident, now: datetime) -> None:
    """ALR-5: whoever has read the code there gets our texts."""
    other = a_resident(now=now)
    write(resident, CarrierWord.STOP, now=now)
    write(resident, CarrierWord.STOP, now=now, provider="http")
    login = a_login(other.identity_id, at=now)
    wanted = wanted_contact(login, ContactKind.PHONE, resident.phone, now=now)
    assert SmsOptOut.objects.count() == 2
    request_change(login=login, field=ChangeField.PHONE, wanted=wanted, now=now)
    assert not SmsOptOut.objects.exists()
