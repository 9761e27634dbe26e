"""Whoever holds an alert stops, and blocks (CHG-6, BLK-1)."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from audit.api import Actor, ActorKind, EventKind, events_about
from authentication.queries import living_login
from authentication.states import Door
from identities.api import (
    AuthenticatorKind,
    BlockReason,
    BlockSource,
    ChangeField,
    ChangeState,
    IdentityState,
    Stopped,
    StopRefusal,
    StopRefused,
    authenticators_of,
    identity_by_id,
    reopen_identity,
    standing_blocks_of,
    suspend_authenticator,
)
from notifications.api import CarrierWord, Channel, Language, MessageKind, Priority, deliveries_of
from notifications.models import Delivery, ProviderMinute, SmsOptOut
from notifications.sealing import Column, open_column
from selfservice.api import SmsReplyOutcome, take_sms_reply
from selfservice.usecases.block_by_token import block_by_token
from selfservice.usecases.block_own_identity import block_own_identity
from selfservice.usecases.confirm_change import confirm_change
from selfservice.usecases.set_language import set_language
from selfservice.usecases.sign_out_everywhere import sign_out_everywhere
from selfservice.usecases.stop_by_token import stop_by_token
from tests.factories.identities import Resident, a_resident, an_officer
from tests.factories.selfservice import a_login, a_requested_change, change_row, stop_code_for, stop_token_for

HOUR = timedelta(hours=1)


def state_of(resident: Resident) -> IdentityState:
    identity = identity_by_id(resident.identity_id)
    assert identity is not None
    return identity.state


def answers_to(phone: str) -> list[str]:
    """Open the answers that went to a number, the newest first."""
    rows = Delivery.objects.filter(kind__startswith="reply_").order_by("-id")
    to = {row.id: open_column(row.address_sealed, column=Column.ADDRESS, delivery_id=row.id) for row in rows}
    return [open_column(row.body_sealed, column=Column.BODY, delivery_id=row.id) for row in rows if to[row.id] == phone]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10_000:04}"


@pytest.fixture
def change_id(resident: Resident, now: datetime) -> UUID:
    """A change of the phone that waits."""
    return a_requested_change(a_login(resident.identity_id, at=now), ChangeField.PHONE, now=now).change_id


def test_the_page_of_the_e_mail_stops_the_change(resident: Resident, change_id: UUID, now: datetime) -> None:
    token = stop_token_for(resident)
    assert isinstance(stop_by_token(token=token, now=now), Stopped)
    row = change_row(change_id)
    assert (row.state, row.cancelled_by) == (ChangeState.CANCELLED, "alert_holder")
    event = events_about(subject_id=resident.identity_id, limit=1)[0]
    assert (event.kind, event.actor.kind) == (EventKind.CHANGE_CANCELLED, ActorKind.ALERT_HOLDER)
    stopped = [
        d for d in deliveries_of(reference=resident.identity_id, limit=9) if d.kind is MessageKind.CHANGE_STOPPED
    ]
    assert len(stopped) == 2
    assert stop_by_token(token=token, now=now) == StopRefused(reason=StopRefusal.NOT_PENDING)


def test_a_change_that_was_stopped_is_not_confirmed(resident: Resident, change_id: UUID, now: datetime) -> None:
    stop_by_token(token=stop_token_for(resident), now=now)
    confirm_change(login=a_login(resident.identity_id, at=now + HOUR), change_id=change_id, now=now + HOUR)
    assert change_row(change_id).state == ChangeState.CANCELLED


def test_the_page_of_the_e_mail_blocks_and_ends_everything(resident: Resident, change_id: UUID, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    outcome = block_by_token(token=stop_token_for(resident), now=now)
    assert outcome is not None
    assert outcome.is_new
    assert state_of(resident) is IdentityState.BLOCKED
    assert [block.source for block in standing_blocks_of(resident.identity_id)] == [BlockSource.ALERT_HOLDER]
    row = change_row(change_id)
    assert (row.state, row.cancelled_by) == (ChangeState.CANCELLED, "block")
    assert living_login(login_id=login.id, door=Door.PORTAL, now=now) is None
    again = block_by_token(token=stop_token_for(resident), now=now)
    assert again is not None
    assert not again.is_new


def test_who_logs_out_everywhere_takes_nothing_from_an_alerts_holder(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    """CHG-6: a thief with one login may press that button, too."""
    later = now + timedelta(minutes=1)
    assert sign_out_everywhere(login=a_login(resident.identity_id, at=later), now=later) is True
    code = stop_code_for(resident)
    assert take_sms_reply(sender=resident.phone, text=f"NO {code}", now=later) is SmsReplyOutcome.STOPPED
    assert change_row(change_id).state == ChangeState.CANCELLED
    outcome = block_by_token(token=stop_token_for(resident), now=later)
    assert outcome is not None
    assert outcome.is_new


def test_a_suspension_after_the_confirmation_leaves_the_block_to_an_alerts_holder(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    """CHG-6: of a change that was made, the alert's holder may yet block everything."""
    confirm_change(login=a_login(resident.identity_id, at=now + HOUR), change_id=change_id, now=now + HOUR)
    (device,) = [
        view for view in authenticators_of(resident.identity_id) if view.kind is not AuthenticatorKind.PASSWORD
    ]
    with transaction.atomic():
        assert suspend_authenticator(
            identity_id=resident.identity_id,
            kind=device.kind,
            authenticator_id=device.id,
            source=BlockSource.CITIZEN,
            actor=Actor.citizen(resident.identity_id),
            now=now + HOUR,
        )
    outcome = block_by_token(token=stop_token_for(resident), now=now + HOUR)
    assert outcome is not None
    assert outcome.is_new


def test_who_had_a_block_lifted_in_person_is_not_blocked_by_the_alerts_before_it(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    """BLK-2."""
    token = stop_token_for(resident)
    assert block_by_token(token=token, now=now) is not None
    with transaction.atomic():
        assert reopen_identity(identity_id=resident.identity_id, actor=an_officer(), now=now + HOUR)
    assert block_by_token(token=token, now=now + HOUR) is None
    assert stop_by_token(token=token, now=now + HOUR) is None


@pytest.mark.parametrize("token", ["", "x", "A" * 32, "æ" * 400, "\u202e" * 32])
def test_an_unknown_token_stops_and_blocks_nothing(resident: Resident, change_id: UUID, now, token: str) -> None:
    assert stop_by_token(token=token, now=now) is None
    assert block_by_token(token=token, now=now) is None
    assert change_row(change_id).state == ChangeState.PENDING
    assert state_of(resident) is IdentityState.ACTIVE


def test_a_token_is_forgotten_a_day_after_the_window(resident: Resident, change_id: UUID, now: datetime) -> None:
    token = stop_token_for(resident)
    assert block_by_token(token=token, now=now + 49 * HOUR) is None
    assert block_by_token(token=token, now=now + 49 * HOUR - timedelta(microseconds=1)) is not None


def test_no_and_the_code_stop_the_change_and_offer_to_block(resident: Resident, change_id: UUID, now: datetime) -> None:
    code = stop_code_for(resident)
    assert take_sms_reply(sender=resident.phone, text=f"No {code}", now=now) is SmsReplyOutcome.STOPPED
    assert change_row(change_id).state == ChangeState.CANCELLED
    (answer,) = answers_to(resident.phone)
    assert f"BLOCK {code}" in answer
    assert take_sms_reply(sender=resident.phone, text=f"BLOCK {code}", now=now) is SmsReplyOutcome.BLOCKED
    assert state_of(resident) is IdentityState.BLOCKED
    assert len(answers_to(resident.phone)) == 2


def test_a_second_no_is_answered_like_the_first(resident: Resident, change_id: UUID, now: datetime) -> None:
    text = f"NO {stop_code_for(resident)}"
    outcomes = [take_sms_reply(sender=resident.phone, text=text, now=now) for _ in range(2)]
    assert outcomes == [SmsReplyOutcome.STOPPED, SmsReplyOutcome.STOPPED]
    assert change_row(change_id).state == ChangeState.CANCELLED


def test_a_second_copy_of_a_message_does_nothing(resident: Resident, change_id: UUID, now: datetime) -> None:
    text = f"NO {stop_code_for(resident)}"
    outcomes = [take_sms_reply(sender=resident.phone, text=text, provider_id="SM1", now=now) for _ in range(2)]
    assert outcomes == [SmsReplyOutcome.STOPPED, SmsReplyOutcome.IGNORED]
    assert len(answers_to(resident.phone)) == 1


def test_the_right_code_from_another_phone_stops_nothing(resident: Resident, change_id: UUID, now: datetime) -> None:
    other = a_resident(now=now)
    text = f"NO {stop_code_for(resident)}"
    assert take_sms_reply(sender=other.phone, text=text, now=now) is SmsReplyOutcome.NOT_UNDERSTOOD
    assert take_sms_reply(sender="+4520999999", text=text, now=now) is SmsReplyOutcome.IGNORED
    assert change_row(change_id).state == ChangeState.PENDING


@pytest.mark.parametrize("text", ["NO 1234", "hvad?", "BLOCK 0000"])
def test_a_stranger_is_not_answered(resident: Resident, change_id: UUID, now: datetime, text: str) -> None:
    """A forged sender, or one that we are charged for dearly, must not have us send texts."""
    before = Delivery.objects.count()
    assert take_sms_reply(sender="+4520999999", text=text, now=now) is SmsReplyOutcome.IGNORED
    assert Delivery.objects.count() == before


def test_who_was_sent_no_text_for_a_week_is_not_answered(resident: Resident, now: datetime) -> None:
    late = now + timedelta(days=7)
    assert take_sms_reply(sender=resident.phone, text="hvad?", now=late) is SmsReplyOutcome.IGNORED


def test_help_waits_behind_alerts_and_not_for_long(resident: Resident, now: datetime) -> None:
    take_sms_reply(sender=resident.phone, text="hvad?", now=now)
    row = Delivery.objects.get(kind=MessageKind.REPLY_NOT_UNDERSTOOD)
    assert (row.priority, row.useful_until) == (Priority.NEWS, now + HOUR)


def test_over_the_cost_ceiling_only_who_answers_a_change_is_helped(resident: Resident, now: datetime, settings) -> None:
    settings.SMS_COST_CEILING_PER_DAY = 1
    ProviderMinute.objects.create(
        provider="twilio", channel=Channel.SMS, minute=now, slot=0, answered_yes=9, segments=9, cost_micro=9_000_000
    )
    assert take_sms_reply(sender=resident.phone, text="hvad?", now=now) is SmsReplyOutcome.IGNORED
    a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    assert take_sms_reply(sender=resident.phone, text="NO", now=now) is SmsReplyOutcome.NOT_UNDERSTOOD


@pytest.mark.parametrize("text", ["", "hvad?", "NO", "NO 12345", "\x00", "\u202eNO 1234 5678", "N" * 1600])
def test_what_is_not_understood_is_told_once_a_day(resident: Resident, now, text: str) -> None:
    outcomes = [
        take_sms_reply(sender=resident.phone, text=text, now=now + after)
        for after in (timedelta(), timedelta(hours=23, minutes=59), timedelta(hours=24))
    ]
    assert outcomes == [SmsReplyOutcome.NOT_UNDERSTOOD, SmsReplyOutcome.IGNORED, SmsReplyOutcome.NOT_UNDERSTOOD]


@pytest.mark.parametrize("text", ["1234 5678", "NO", "NO 12345", "nej!!", "STOP 1234", "ja"])
def test_while_a_change_waits_who_mistypes_is_told_each_time_ten_times_a_day(
    resident: Resident, change_id: UUID, now, text: str
) -> None:
    """CHG-6: somebody frightened gets no silence."""
    outcomes = [take_sms_reply(sender=resident.phone, text=text, now=now) for _ in range(11)]
    assert outcomes == [SmsReplyOutcome.NOT_UNDERSTOOD] * 10 + [SmsReplyOutcome.IGNORED]
    assert change_row(change_id).state == ChangeState.PENDING


@pytest.mark.parametrize("text", ["", "hvad?", "Hvem er I? Jeg har ikke bedt om noget"])
def test_while_a_change_waits_any_other_text_is_answered_once_a_day(
    resident: Resident, change_id: UUID, now, text: str
) -> None:
    """CHG-6."""
    outcomes = [take_sms_reply(sender=resident.phone, text=text, now=now) for _ in range(2)]
    assert outcomes == [SmsReplyOutcome.NOT_UNDERSTOOD, SmsReplyOutcome.IGNORED]
    assert change_row(change_id).state == ChangeState.PENDING


def test_a_word_to_the_carrier_is_noted_never_answered_and_stops_no_change(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    """ALR-5: the carrier refuses us from now on, so other addresses are used; CHG-6: it is no answer of ours."""
    for word, text in ((CarrierWord.STOP, "STOP"), (CarrierWord.HELP, "HELP")):
        outcome = take_sms_reply(sender=resident.phone, text=text, carrier_word=word, now=now)
        assert outcome is SmsReplyOutcome.CARRIERS
    assert SmsOptOut.objects.count() == 1
    assert answers_to(resident.phone) == []
    assert change_row(change_id).state == ChangeState.PENDING


def test_who_stopped_all_messages_can_still_stop_a_change(resident: Resident, change_id: UUID, now: datetime) -> None:
    take_sms_reply(sender=resident.phone, text="STOP", carrier_word=CarrierWord.STOP, now=now)
    text = f"NO {stop_code_for(resident)}"
    assert take_sms_reply(sender=resident.phone, text=text, now=now) is SmsReplyOutcome.STOPPED


def test_a_start_lifts_what_a_stop_noted_and_without_one_is_an_answer_like_another(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    take_sms_reply(sender=resident.phone, text="Stop", carrier_word=CarrierWord.STOP, now=now)
    outcomes = [
        take_sms_reply(sender=resident.phone, text="YES", carrier_word=CarrierWord.START, now=now) for _ in range(2)
    ]
    assert outcomes == [SmsReplyOutcome.CARRIERS, SmsReplyOutcome.NOT_UNDERSTOOD]
    assert not SmsOptOut.objects.exists()


def test_a_second_copy_of_a_stop_does_not_undo_a_later_start(resident: Resident, now: datetime) -> None:
    words = [("SM1", CarrierWord.STOP), ("SM2", CarrierWord.START), ("SM1", CarrierWord.STOP)]
    outcomes = [
        take_sms_reply(sender=resident.phone, text=word, provider_id=provider_id, carrier_word=word, now=now)
        for provider_id, word in words
    ]
    assert outcomes == [SmsReplyOutcome.CARRIERS, SmsReplyOutcome.CARRIERS, SmsReplyOutcome.IGNORED]
    assert not SmsOptOut.objects.exists()


def test_a_message_from_no_number_is_ignored(resident: Resident, change_id: UUID, now: datetime) -> None:
    text = f"NO {stop_code_for(resident)}"
    assert take_sms_reply(sender="", text=text, now=now) is SmsReplyOutcome.IGNORED
    assert change_row(change_id).state == ChangeState.PENDING


def test_after_five_wrong_codes_the_word_that_blocks_is_not_heard_and_the_one_that_stops_is(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    """CHG-6: a forged sender who used up five tries has not taken the holder the way out."""
    code = stop_code_for(resident)
    for _ in range(5):
        take_sms_reply(sender=resident.phone, text=f"NO {wrong(code)}", now=now)
    take_sms_reply(sender=resident.phone, text=f"BLOCK {code}", now=now)
    assert state_of(resident) is IdentityState.ACTIVE
    assert take_sms_reply(sender=resident.phone, text=f"NO {code}", now=now) is SmsReplyOutcome.STOPPED


def test_the_right_code_stops_however_many_wrong_ones_were_sent_before(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    """CHG-6: a forged sender cannot take the holder the way out; BLOCK is not offered where it is not heard."""
    code = stop_code_for(resident)
    for _ in range(60):
        take_sms_reply(sender=resident.phone, text=f"NO {wrong(code)}", now=now)
    assert change_row(change_id).wrong_stop_codes == 5
    assert take_sms_reply(sender=resident.phone, text=f"NO {code}", now=now) is SmsReplyOutcome.STOPPED
    assert change_row(change_id).state == ChangeState.CANCELLED
    assert "BLOCK" not in answers_to(resident.phone)[0]


def test_at_the_last_wrong_code_that_counts_the_other_channels_hear_of_it_once(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    """ALR-2."""
    code = stop_code_for(resident)
    told = Delivery.objects.filter(kind=MessageKind.WRONG_REPLIES)
    for _ in range(4):
        take_sms_reply(sender=resident.phone, text=f"NO {wrong(code)}", now=now)
    assert not told.exists()
    for _ in range(3):
        take_sms_reply(sender=resident.phone, text=f"BLOCK {wrong(code)}", now=now)
    assert [row.channel for row in told] == [Channel.EMAIL]


def test_the_old_phone_still_stops_and_blocks_after_the_change(
    resident: Resident, change_id: UUID, now: datetime
) -> None:
    code = stop_code_for(resident)
    confirm_change(login=a_login(resident.identity_id, at=now + HOUR), change_id=change_id, now=now + HOUR)
    assert take_sms_reply(sender=resident.phone, text=f"NO {code}", now=now + HOUR) is SmsReplyOutcome.TOO_LATE
    assert take_sms_reply(sender=resident.phone, text=f"BLOCK {code}", now=now + HOUR) is SmsReplyOutcome.BLOCKED
    assert state_of(resident) is IdentityState.BLOCKED


def test_an_answer_comes_in_the_citizens_language(db: None, now: datetime) -> None:
    resident = a_resident(now=now, language=Language.EN)
    a_requested_change(a_login(resident.identity_id, at=now), ChangeField.EMAIL, now=now)
    take_sms_reply(sender=resident.phone, text=f"NO {stop_code_for(resident)}", now=now)
    assert "is stopped" in answers_to(resident.phone)[0]


def test_a_citizen_blocks_at_once_and_everything_ends(resident: Resident, change_id: UUID, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    assert block_own_identity(login=login, reason=BlockReason.LOST_DEVICE, now=now) is True
    (block,) = standing_blocks_of(resident.identity_id)
    assert (block.source, block.reason) == (BlockSource.CITIZEN, BlockReason.LOST_DEVICE)
    assert change_row(change_id).state == ChangeState.CANCELLED
    kinds = [event.kind for event in events_about(subject_id=resident.identity_id, limit=2)]
    assert kinds == [EventKind.CHANGE_CANCELLED, EventKind.IDENTITY_BLOCKED]
    told = [d for d in deliveries_of(reference=resident.identity_id, limit=9) if d.kind is MessageKind.IDENTITY_BLOCKED]
    assert len(told) == 2


def test_alerts_come_in_the_language_chosen(resident: Resident, now: datetime) -> None:
    set_language(identity_id=resident.identity_id, language=Language.EN)
    identity = identity_by_id(resident.identity_id)
    assert identity is not None
    assert identity.language is Language.EN
