"""The double login's acts: result, rows, events, deliveries (CHG-1 to CHG-7)."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ObjectDoesNotExist

from audit.api import EventKind, events_about
from authentication.models import Login as LoginRow
from authentication.states import Ending
from identities.api import (
    AssuranceLevel,
    BlockReason,
    ChangeField,
    ChangeNotTaken,
    ChangeState,
    ChangeWaits,
    CodeRefusal,
    CodeSent,
    Confirmed,
    ConfirmRefusal,
    ConfirmRefused,
    ContactCodeRefused,
    ContactKind,
    RequestRefusal,
    TooManyCodes,
    UserIdRefusal,
    contacts_of,
    identity_by_id,
)
from identities.models import Identity, PendingChange
from notifications.api import Channel, MessageKind, deliveries_of
from notifications.models import Delivery
from selfservice.usecases.block_own_identity import block_own_identity
from selfservice.usecases.cancel_change import cancel_change
from selfservice.usecases.confirm_change import confirm_change
from selfservice.usecases.expire_changes import expire_changes
from selfservice.usecases.outcomes import LoginEnded, NewContact, NewUserId
from selfservice.usecases.request_change import request_change
from selfservice.usecases.send_contact_code import send_contact_code
from tests.factories.authenticators import an_app_row
from tests.factories.identities import Resident, a_resident, texts_sent
from tests.factories.selfservice import (
    NEW_EMAIL,
    NEW_PASSWORD_HASH,
    NEW_PHONE,
    NEW_USER_ID,
    a_login,
    a_requested_change,
    change_row,
    wanted_contact,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
OF_THE_PROFILE = [ChangeField.PHONE, ChangeField.EMAIL, ChangeField.USER_ID]


def newest_kinds(identity_id: UUID, count: int) -> list[EventKind]:
    return [event.kind for event in events_about(subject_id=identity_id, limit=count)]


def kinds_delivered(resident: Resident, kind: MessageKind) -> list[Channel]:
    lines = deliveries_of(reference=resident.identity_id, limit=100)
    return sorted(line.channel for line in lines if line.kind is kind)


def test_a_request_waits_an_hour_and_alerts_every_channel(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    outcome = a_requested_change(login, ChangeField.PHONE, now=now)
    row = change_row(outcome.change_id)
    assert (row.state, row.requested_at, row.first_login_id) == (ChangeState.PENDING, now, login.id)
    assert outcome == ChangeWaits(change_id=row.id, opens_at=now + HOUR, closes_at=now + 25 * HOUR)
    assert newest_kinds(resident.identity_id, 3) == [
        EventKind.CHANGE_REQUESTED,
        EventKind.CONTACT_PROVEN,
        EventKind.CONTACT_CODE_SENT,
    ]
    assert kinds_delivered(resident, MessageKind.CHANGE_REQUESTED) == [Channel.EMAIL, Channel.SMS]
    assert contacts_of(resident.identity_id)[ContactKind.PHONE] == resident.phone


def test_no_alert_shows_the_new_value(resident: Resident, now: datetime) -> None:
    a_requested_change(a_login(resident.identity_id, at=now), ChangeField.PHONE, now=now)
    alerts = texts_sent(reference=resident.identity_id, kind=MessageKind.CHANGE_REQUESTED)
    assert len(alerts) == 2
    assert not any("31415926" in text.replace(" ", "") for text in alerts)


@pytest.mark.parametrize("minutes", [60, 120])
def test_the_wait_may_be_longer_and_never_shorter(settings, resident: Resident, now: datetime, minutes: int) -> None:
    settings.CHANGE_WAIT_FOR = timedelta(minutes=minutes if minutes > 60 else 5)
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    assert change.opens_at == now + timedelta(minutes=minutes)


@pytest.mark.parametrize("field", OF_THE_PROFILE)
def test_a_second_login_after_the_wait_makes_the_change(resident: Resident, now: datetime, field: ChangeField) -> None:
    """CHG-4."""
    change = a_requested_change(a_login(resident.identity_id, at=now), field, now=now)
    second = a_login(resident.identity_id, at=now + HOUR)
    later = now + HOUR + MINUTE
    assert confirm_change(login=second, change_id=change.change_id, now=later) == Confirmed(field=field)
    row = change_row(change.change_id)
    assert (row.state, row.second_login_id, row.ended_at) == (ChangeState.CONFIRMED, second.id, later)
    contacts, identity = contacts_of(resident.identity_id), identity_by_id(resident.identity_id)
    assert identity is not None
    assert contacts[ContactKind.PHONE] == (NEW_PHONE if field is ChangeField.PHONE else resident.phone)
    assert contacts[ContactKind.EMAIL] == (NEW_EMAIL if field is ChangeField.EMAIL else resident.email)
    assert identity.user_id == (NEW_USER_ID if field is ChangeField.USER_ID else resident.user_id)
    assert EventKind.CHANGE_CONFIRMED in newest_kinds(resident.identity_id, 4)


def test_a_confirmed_password_is_the_one_whose_hash_waited(resident: Resident, now: datetime) -> None:
    """CHG-1, CHG-4: and every other login ends, for whoever knew the old one may be behind it."""
    first = a_login(resident.identity_id, at=now)
    change = a_requested_change(first, ChangeField.PASSWORD, now=now)
    assert Identity.objects.get(pk=resident.identity_id).password != NEW_PASSWORD_HASH
    second = a_login(resident.identity_id, at=now + HOUR)
    outcome = confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
    assert outcome == Confirmed(field=ChangeField.PASSWORD)
    assert Identity.objects.get(pk=resident.identity_id).password == NEW_PASSWORD_HASH
    assert LoginRow.objects.get(pk=first.id).ending == Ending.CHANGE_CONFIRMED
    assert kinds_delivered(resident, MessageKind.CHANGE_CONFIRMED) == [Channel.EMAIL, Channel.SMS]


def test_a_confirmed_new_app_comes_with_the_code_that_activates_it(resident: Resident, now: datetime) -> None:
    """CHG-4, SEC-4."""
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.AUTHENTICATOR, now=now)
    second = a_login(resident.identity_id, at=now + HOUR)
    outcome = confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
    assert isinstance(outcome, Confirmed)
    assert outcome.code is not None
    assert kinds_delivered(resident, MessageKind.CODE_ISSUED)[-2:] == [Channel.SMS, Channel.SMS]
    again = confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
    assert isinstance(again, ConfirmRefused)
    assert again.reason is ConfirmRefusal.NOT_PENDING


def test_a_copy_of_an_app_is_not_confirmed_in_the_portal(resident: Resident, now: datetime) -> None:
    """CHG-4: it is the app's own."""
    app = an_app_row(resident.identity_id, now=now)
    login = a_login(resident.identity_id, at=now)
    change = a_requested_change(login, ChangeField.APP_COPY, value=f'{{"app": "{app.id}"}}', now=now)
    second = a_login(resident.identity_id, at=now + HOUR)
    outcome = confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
    assert isinstance(outcome, ConfirmRefused)
    assert outcome.reason is ConfirmRefusal.OTHER_APP
    assert change_row(change.change_id).state == ChangeState.PENDING


def test_old_and_new_contact_are_told(resident: Resident, now: datetime) -> None:
    """CHG-5."""
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.PHONE, now=now)
    second = a_login(resident.identity_id, at=now + HOUR)
    confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
    told = kinds_delivered(resident, MessageKind.CHANGE_CONFIRMED)
    assert told == [Channel.EMAIL, Channel.SMS, Channel.SMS]
    rows = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.CHANGE_CONFIRMED)
    assert rows.values("contact_id").distinct().count() == 3


def test_a_confirmation_ends_every_other_login_and_keeps_its_own(resident: Resident, now: datetime) -> None:
    first = a_login(resident.identity_id, at=now)
    change = a_requested_change(first, ChangeField.USER_ID, now=now)
    second = a_login(resident.identity_id, at=now + HOUR)
    confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
    assert LoginRow.objects.get(pk=first.id).ending == Ending.CHANGE_CONFIRMED
    assert LoginRow.objects.get(pk=second.id).ended_at is None


@pytest.mark.parametrize(
    ("second_after", "now_after", "reason"),
    [
        (None, HOUR + MINUTE, ConfirmRefusal.SAME_LOGIN),
        (30 * MINUTE, 40 * MINUTE, ConfirmRefusal.TOO_EARLY),
        (HOUR - timedelta(microseconds=1), 2 * HOUR, ConfirmRefusal.TOO_EARLY),
        (24 * HOUR, 25 * HOUR, ConfirmRefusal.TOO_LATE),
    ],
)
def test_a_refused_confirmation_changes_nothing_and_leaves_a_trace(
    resident: Resident, now: datetime, second_after: timedelta | None, now_after: timedelta, reason: ConfirmRefusal
) -> None:
    first = a_login(resident.identity_id, at=now)
    change = a_requested_change(first, ChangeField.PHONE, now=now)
    second = first if second_after is None else a_login(resident.identity_id, at=now + second_after)
    deliveries_before = Delivery.objects.count()
    outcome = confirm_change(login=second, change_id=change.change_id, now=now + now_after)
    assert outcome == ConfirmRefused(
        reason=reason, field=ChangeField.PHONE, opens_at=change.opens_at, closes_at=change.closes_at
    )
    assert contacts_of(resident.identity_id)[ContactKind.PHONE] == resident.phone
    assert newest_kinds(resident.identity_id, 1) == [EventKind.CHANGE_CONFIRM_REFUSED]
    is_late = reason is ConfirmRefusal.TOO_LATE  # then both channels, which no worker has served, hear that it ran out
    assert Delivery.objects.filter(kind=MessageKind.CHANGE_RAN_OUT).count() == (2 if is_late else 0)
    assert Delivery.objects.count() == deliveries_before + (2 if is_late else 0)
    expected = ChangeState.EXPIRED if is_late else ChangeState.PENDING
    assert change_row(change.change_id).state == expected


def test_a_login_below_substantial_confirms_nothing(resident: Resident, now: datetime) -> None:
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    made = a_login(resident.identity_id, at=now + HOUR)
    low = replace(made, level=AssuranceLevel.LOW)
    outcome = confirm_change(login=low, change_id=change.change_id, now=now + HOUR)
    assert isinstance(outcome, ConfirmRefused)
    assert outcome.reason is ConfirmRefusal.LEVEL_TOO_LOW


def test_a_change_is_confirmed_once(resident: Resident, now: datetime) -> None:
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    second = a_login(resident.identity_id, at=now + HOUR)
    confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
    again = confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
    assert isinstance(again, ConfirmRefused)
    assert again.reason is ConfirmRefusal.NOT_PENDING


def test_nobody_confirms_or_cancels_somebody_elses_change(resident: Resident, now: datetime) -> None:
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    stranger = a_login(a_resident(now=now).identity_id, at=now + HOUR)
    for act in (confirm_change, cancel_change):
        with pytest.raises(ObjectDoesNotExist):
            act(login=stranger, change_id=change.change_id, now=now + HOUR)
    assert change_row(change.change_id).state == ChangeState.PENDING


def test_a_second_request_of_the_field_is_refused_and_replaces_nothing(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    change = a_requested_change(login, ChangeField.USER_ID, now=now)
    again = request_change(
        login=login, field=ChangeField.USER_ID, wanted=NewUserId(user_id="ørred i å"), now=now + MINUTE
    )
    assert again == ChangeNotTaken(RequestRefusal.ALREADY_PENDING)
    assert newest_kinds(resident.identity_id, 1) == [EventKind.CHANGE_REQUEST_REFUSED]
    assert list(PendingChange.objects.values_list("id", flat=True)) == [change.change_id]


def test_no_code_is_sent_towards_a_change_that_would_be_refused(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    same = send_contact_code(login=login, kind=ContactKind.PHONE, value=resident.phone, now=now)
    assert same == ChangeNotTaken(RequestRefusal.UNCHANGED)
    a_requested_change(login, ChangeField.PHONE, now=now)
    other = send_contact_code(login=login, kind=ContactKind.PHONE, value="+4531415927", now=now)
    assert other == ChangeNotTaken(RequestRefusal.ALREADY_PENDING)
    assert newest_kinds(resident.identity_id, 1) == [EventKind.CHANGE_REQUEST_REFUSED]


def test_a_change_that_ran_out_makes_room_for_another(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    old = a_requested_change(login, ChangeField.USER_ID, now=now)
    later = now + 25 * HOUR
    new = a_requested_change(a_login(resident.identity_id, at=later), ChangeField.USER_ID, now=later)
    assert change_row(old.change_id).state == ChangeState.EXPIRED
    assert change_row(new.change_id).state == ChangeState.PENDING


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("abcd", UserIdRefusal.TOO_SHORT),
        ("x" * 49, UserIdRefusal.TOO_LONG),
        (" luftskib", UserIdRefusal.OUTER_SPACE),
        ("luftѕkib", UserIdRefusal.WRONG_CHARACTER),
        ("1234567890", UserIdRefusal.TEN_DIGITS),
        ("østergård 9", UserIdRefusal.PERSONAL),
    ],
)
def test_a_user_id_against_the_rules_is_refused(
    resident: Resident, now: datetime, typed: str, reason: UserIdRefusal
) -> None:
    login = a_login(resident.identity_id, at=now)
    outcome = request_change(login=login, field=ChangeField.USER_ID, wanted=NewUserId(user_id=typed), now=now)
    assert outcome == ChangeNotTaken(reason)
    assert not PendingChange.objects.exists()


def test_a_user_id_that_went_to_somebody_else_while_it_waited_is_refused(resident: Resident, now: datetime) -> None:
    change = a_requested_change(a_login(resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    a_resident(now=now, user_id=NEW_USER_ID)
    second = a_login(resident.identity_id, at=now + HOUR)
    outcome = confirm_change(login=second, change_id=change.change_id, now=now + HOUR)
    assert isinstance(outcome, ConfirmRefused)
    assert outcome.reason is ConfirmRefusal.TAKEN


def test_three_wrong_codes_kill_the_proof(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    right = wanted_contact(login, ContactKind.PHONE, NEW_PHONE, now=now)
    wrong = NewContact(proof_id=right.proof_id, code="000000" if right.code != "000000" else "000001")
    outcomes = [
        request_change(login=login, field=ChangeField.PHONE, wanted=wanted, now=now)
        for wanted in (wrong, wrong, wrong, right)
    ]
    assert outcomes == [
        ContactCodeRefused(reason=CodeRefusal.WRONG, tries_left=2),
        ContactCodeRefused(reason=CodeRefusal.WRONG, tries_left=1),
        ContactCodeRefused(reason=CodeRefusal.WRONG, tries_left=0),
        ContactCodeRefused(reason=CodeRefusal.DEAD, tries_left=0),
    ]
    assert not PendingChange.objects.exists()


def test_a_replayed_code_asks_for_nothing(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    wanted = wanted_contact(login, ContactKind.PHONE, NEW_PHONE, now=now)
    request_change(login=login, field=ChangeField.PHONE, wanted=wanted, now=now)
    again = request_change(login=login, field=ChangeField.PHONE, wanted=wanted, now=now)
    assert again == ContactCodeRefused(reason=CodeRefusal.DEAD, tries_left=0)
    assert PendingChange.objects.count() == 1


def test_a_proof_of_somebody_else_proves_nothing(resident: Resident, now: datetime) -> None:
    wanted = wanted_contact(a_login(resident.identity_id, at=now), ContactKind.PHONE, NEW_PHONE, now=now)
    stranger = a_login(a_resident(now=now).identity_id, at=now)
    with pytest.raises(ObjectDoesNotExist):
        request_change(login=stranger, field=ChangeField.PHONE, wanted=wanted, now=now)
    with pytest.raises(ObjectDoesNotExist):
        request_change(
            login=stranger, field=ChangeField.PHONE, wanted=NewContact(proof_id=uuid4(), code="123456"), now=now
        )


def test_a_proven_phone_is_no_proof_of_an_e_mail(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    wanted = wanted_contact(login, ContactKind.PHONE, NEW_PHONE, now=now)
    outcome = request_change(login=login, field=ChangeField.EMAIL, wanted=wanted, now=now)
    assert outcome == ChangeNotTaken(RequestRefusal.NOT_PROVEN)


def test_the_sixth_code_in_an_hour_is_not_sent(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    for number in range(5):
        sent = send_contact_code(login=login, kind=ContactKind.PHONE, value=f"+453141592{number}", now=now)
        assert isinstance(sent, CodeSent)
    sixth = send_contact_code(login=login, kind=ContactKind.PHONE, value=NEW_PHONE, now=now + MINUTE)
    assert sixth == TooManyCodes(next_at=now + HOUR)


def test_the_citizen_takes_a_change_back_with_any_login(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    change = a_requested_change(login, ChangeField.USER_ID, now=now)
    assert cancel_change(login=login, change_id=change.change_id, now=now) is True
    row = change_row(change.change_id)
    assert (row.state, row.cancelled_by) == (ChangeState.CANCELLED, "citizen")
    assert newest_kinds(resident.identity_id, 1) == [EventKind.CHANGE_CANCELLED]
    assert kinds_delivered(resident, MessageKind.CHANGE_STOPPED) == [Channel.EMAIL, Channel.SMS]
    assert cancel_change(login=login, change_id=change.change_id, now=now) is False


def test_changes_past_their_window_expire_in_batches(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    ids = [a_requested_change(login, field, now=now).change_id for field in OF_THE_PROFILE]
    assert expire_changes(now=now + 25 * HOUR - timedelta(microseconds=1), limit=10) == 0
    assert expire_changes(now=now + 25 * HOUR, limit=2) == 2
    assert expire_changes(now=now + 25 * HOUR, limit=2) == 1
    assert {change_row(id_).state for id_ in ids} == {ChangeState.EXPIRED}
    assert newest_kinds(resident.identity_id, 3) == [EventKind.CHANGE_EXPIRED] * 3


def test_a_login_that_a_block_ended_does_nothing_more(resident: Resident, now: datetime) -> None:
    login = a_login(resident.identity_id, at=now)
    change = a_requested_change(login, ChangeField.USER_ID, now=now)
    second = a_login(resident.identity_id, at=now + HOUR)
    assert block_own_identity(login=login, reason=BlockReason.OWN_WISH, now=now + HOUR) is True
    wanted = NewUserId(user_id="ørred i å")
    assert request_change(login=second, field=ChangeField.USER_ID, wanted=wanted, now=now + HOUR) == LoginEnded()
    assert confirm_change(login=second, change_id=change.change_id, now=now + HOUR) == LoginEnded()
    assert cancel_change(login=second, change_id=change.change_id, now=now + HOUR) == LoginEnded()
    sent = send_contact_code(login=second, kind=ContactKind.PHONE, value=NEW_PHONE, now=now + HOUR)
    assert sent == LoginEnded()
    assert block_own_identity(login=second, reason=BlockReason.OWN_WISH, now=now + HOUR) == LoginEnded()
