"""An app comes to a new phone by way of the old one."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor, EventKind, events_about
from identities.api import (
    AppActivated,
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockReason,
    BlockSource,
    ChangeField,
    ChangeWaits,
    Confirmed,
    EnrolmentRefusal,
    EnrolmentRefused,
    SecondLogin,
    TicketIssued,
    TicketRefusal,
    TicketRefused,
    app_of,
    block_authenticator,
    block_identity,
    confirm_pending_change,
    create_change,
    issue_copy_ticket,
    reopen_identity,
    suspend_authenticator,
)
from identities.models import AppEnrolment, CopyTicket, PendingChange
from notifications.api import MessageKind
from notifications.models import Delivery
from tests.factories.apps import Phone, an_app, begun, completed, temporary_pins_sent
from tests.factories.identities import a_resident, an_officer

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def resident(now):
    return a_resident(now=now)


@pytest.fixture
def old(resident, now):
    return an_app(resident, now=now - HOUR)


@pytest.fixture
def copy_id(old, now):
    """A copy that is confirmed at ``now``: asked for an hour before, its window 24 hours long."""
    return a_confirmed_copy(old, now)


def asked_copy(app, at):
    with transaction.atomic():
        waits = create_change(
            identity_id=app.identity_id,
            field=ChangeField.APP_COPY,
            new_value=json.dumps({"app": str(app.id)}),
            proof_id=None,
            login_id=uuid7(),
            login_level=AssuranceLevel.SUBSTANTIAL,
            wait=HOUR,
            lasts=timedelta(hours=24),
            stop_address=lambda token: f"https://mitid.example/stop/{token}",
            actor=Actor.citizen(app.identity_id),
            now=at,
        )
    assert isinstance(waits, ChangeWaits), waits
    return waits.change_id


def a_confirmed_copy(app, at):
    change_id = asked_copy(app, at - HOUR)
    with transaction.atomic():
        confirmed = confirm_pending_change(
            identity_id=app.identity_id,
            change_id=change_id,
            second=SecondLogin(id=uuid7(), at=at, level=AssuranceLevel.SUBSTANTIAL, app_id=app.id),
            actor=Actor.citizen(app.identity_id),
            now=at,
        )
    assert isinstance(confirmed, Confirmed), confirmed
    return change_id


def shown(app, change_id, at):
    with transaction.atomic():
        return issue_copy_ticket(app_id=app.id, change_id=change_id, now=at)


def token_of(app, change_id, at):
    ticket = shown(app, change_id, at)
    assert isinstance(ticket, TicketIssued), ticket
    return ticket.token


def block(identity_id, at):
    with transaction.atomic():
        block_identity(
            identity_id=identity_id,
            source=BlockSource.CITIZEN,
            reason=BlockReason.OWN_WISH,
            actor=Actor.citizen(identity_id),
            now=at,
        )


def test_alr_2_an_app_is_copied_with_a_ticket_and_a_temporary_pin(resident, old, copy_id, now):
    """ALR-2, SEC-5: two codes over two channels here too."""
    token, new = token_of(old, copy_id, now), Phone()
    enrolment = begun(resident.user_id, new, token=token, now=now + MINUTE)
    sms = temporary_pins_sent(resident.identity_id)[0]
    activated = completed(enrolment, new, sms, pin="506172", now=now + 2 * MINUTE)
    assert isinstance(activated, AppActivated)
    assert [app_of(app_id).state for app_id in (old.id, activated.app_id)] == [AuthenticatorState.ACTIVE] * 2
    told = Delivery.objects.filter(kind=MessageKind.APP_COPIED)
    assert sorted(told.values_list("channel", flat=True)) == ["APP", "EMAIL", "SMS"]
    kinds = [line.kind for line in events_about(subject_id=resident.identity_id, limit=3)]
    assert kinds == [EventKind.AUTHENTICATOR_ACTIVATED, EventKind.TEMPORARY_PIN_SENT, EventKind.APP_COPY_SHOWN]


def test_lvl_2_a_copy_of_an_app_at_high_is_substantial(now):
    """LVL-2: nobody saw the new phone."""
    resident = a_resident(now=now, level=AssuranceLevel.HIGH)
    old, new = an_app(resident, level=AssuranceLevel.HIGH, now=now - HOUR), Phone()
    assert old.level is AssuranceLevel.HIGH
    token = token_of(old, a_confirmed_copy(old, now), now)
    enrolment = begun(resident.user_id, new, token=token, now=now)
    activated = completed(enrolment, new, temporary_pins_sent(resident.identity_id)[0], now=now)
    assert activated.level is AssuranceLevel.SUBSTANTIAL


def test_a_ticket_lasts_three_minutes(resident, old, copy_id, now):
    ticket = shown(old, copy_id, now)
    assert ticket.expires_at == now + 3 * MINUTE
    begun(resident.user_id, Phone(), token=ticket.token, now=now + 3 * MINUTE)
    assert AppEnrolment.objects.latest("id").identity_id is None
    begun(resident.user_id, Phone(), token=ticket.token, now=now + 3 * MINUTE - SECOND)
    assert AppEnrolment.objects.latest("id").identity_id == resident.identity_id


def test_a_ticket_is_taken_once_and_only_by_who_knows_the_user_id_it_is_of(resident, old, copy_id, now):
    """TRY-2: somebody else's user ID spends nothing."""
    token, neighbour = token_of(old, copy_id, now), a_resident(now=now)
    for user_id in (neighbour.user_id, "findes slet ikke"):
        begun(user_id, Phone(), token=token, now=now)
        assert AppEnrolment.objects.latest("id").identity_id is None
    before = len(temporary_pins_sent(resident.identity_id))
    for _ in range(2):
        begun(resident.user_id, Phone(), token=token, now=now)
    assert len(temporary_pins_sent(resident.identity_id)) == before + 1
    assert CopyTicket.objects.get().used_at == now


def test_only_the_ticket_that_the_screen_shows_now_opens_anything(resident, old, copy_id, now):
    first = token_of(old, copy_id, now)
    second = token_of(old, copy_id, now + MINUTE)
    begun(resident.user_id, Phone(), token=first, now=now + MINUTE)
    assert AppEnrolment.objects.latest("id").identity_id is None
    begun(resident.user_id, Phone(), token=second, now=now + MINUTE)
    assert AppEnrolment.objects.latest("id").identity_id == resident.identity_id


def test_the_token_itself_is_not_kept(old, copy_id, now):
    """KEY-1."""
    token = token_of(old, copy_id, now)
    row = CopyTicket.objects.get()
    assert token.encode() not in bytes(row.token_index)
    assert len(bytes(row.token_index)) == 34


def test_chg_3_a_copy_that_waits_shows_no_ticket(old, now):
    """CHG-3, CHG-4."""
    change_id = asked_copy(old, now)
    assert shown(old, change_id, now + 2 * HOUR) == TicketRefused(TicketRefusal.NOT_CONFIRMED)


def test_chg_4_after_its_window_a_copy_shows_no_ticket(old, copy_id, now):
    """CHG-4."""
    closes_at = PendingChange.objects.get(pk=copy_id).closes_at
    assert isinstance(shown(old, copy_id, closes_at - SECOND), TicketIssued)
    assert shown(old, copy_id, closes_at) == TicketRefused(TicketRefusal.TOO_LATE)


def test_one_change_puts_the_app_on_one_new_phone(resident, old, copy_id, now):
    """CHG-4."""
    new = Phone()
    enrolment = begun(resident.user_id, new, token=token_of(old, copy_id, now), now=now)
    sms = temporary_pins_sent(resident.identity_id)[0]
    shown_meanwhile = token_of(old, copy_id, now)
    assert isinstance(completed(enrolment, new, sms, now=now), AppActivated)
    assert shown(old, copy_id, now) == TicketRefused(TicketRefusal.ALREADY_COPIED)
    begun(resident.user_id, Phone(), token=shown_meanwhile, now=now)
    assert AppEnrolment.objects.latest("id").identity_id is None


def test_a_failed_enrolment_is_begun_again_with_a_new_ticket(resident, old, copy_id, now):
    lost, new = Phone(), Phone()
    begun(resident.user_id, lost, token=token_of(old, copy_id, now), now=now)
    again = now + HOUR
    enrolment = begun(resident.user_id, new, token=token_of(old, copy_id, again), now=again)
    sms = temporary_pins_sent(resident.identity_id)[0]
    assert isinstance(completed(enrolment, new, sms, now=again), AppActivated)


@pytest.mark.parametrize("of", ["another app", "another person", "another field"])
def test_a_ticket_is_of_this_apps_own_copy(resident, old, copy_id, now, of):
    app = old
    if of == "another app":
        app = an_app(resident, now=now + HOUR)
    elif of == "another person":
        app = an_app(a_resident(now=now), now=now)
    else:
        PendingChange.objects.filter(pk=copy_id).update(field=ChangeField.REOPENING)
    with pytest.raises(PendingChange.DoesNotExist):
        shown(app, copy_id, now + HOUR)


def test_blk_1_a_block_ends_the_copy_before_and_after_the_ticket(resident, old, copy_id, now):
    """BLK-1: a reopened identity does not find it again either."""
    token = token_of(old, copy_id, now)
    block(resident.identity_id, now + SECOND)
    assert shown(old, copy_id, now + SECOND) == TicketRefused(TicketRefusal.NOT_ACTIVE)
    with transaction.atomic():
        reopen_identity(identity_id=resident.identity_id, actor=an_officer(), now=now + 2 * SECOND)
    begun(resident.user_id, Phone(), token=token, now=now + 3 * SECOND)
    assert AppEnrolment.objects.latest("id").identity_id is None
    assert shown(old, copy_id, now + 3 * SECOND) == TicketRefused(TicketRefusal.NOT_CONFIRMED)


@pytest.mark.parametrize("act", [suspend_authenticator, block_authenticator])
def test_blk_1_when_the_old_app_is_stopped_its_copy_on_the_way_is_too(resident, old, copy_id, now, act):
    """BLK-1."""
    new = Phone()
    enrolment = begun(resident.user_id, new, token=token_of(old, copy_id, now), now=now)
    sms = temporary_pins_sent(resident.identity_id)[0]
    source = {"source": BlockSource.CITIZEN} if act is suspend_authenticator else {}
    with transaction.atomic():
        act(
            identity_id=old.identity_id,
            kind=AuthenticatorKind.APP,
            authenticator_id=old.id,
            reason=AuthenticatorBlockReason.LOST_DEVICE,
            actor=Actor.citizen(old.identity_id),
            now=now + SECOND,
            **source,
        )
    assert completed(enrolment, new, sms, now=now + MINUTE) == EnrolmentRefused(EnrolmentRefusal.OVER)
    assert shown(old, copy_id, now + MINUTE) == TicketRefused(TicketRefusal.NOT_ACTIVE)
