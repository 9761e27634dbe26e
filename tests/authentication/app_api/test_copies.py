"""An app is copied to a new phone (CHG-1 to CHG-6, SEC-5), played over the interface alone."""

from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from identities.models import CopyTicket, PendingChange
from notifications.api import MessageKind
from tests.authentication.app_api.phones import a_fresh_phone, a_phone_of
from tests.factories.apps import temporary_pins_sent
from tests.factories.identities import a_resident, texts_sent

AN_HOUR = timedelta(hours=1)


def refusal(answer):
    return answer.status, answer.code


def an_hour_passes():
    """Move what was asked for an hour into the past."""
    for change in PendingChange.objects.all():
        for name in ("requested_at", "opens_at", "closes_at"):
            setattr(change, name, getattr(change, name) - AN_HOUR)
        change.save()


@pytest.fixture
def copy_id(phone, resident):
    phone.log_in()
    answer = phone.in_session("copies")
    assert answer.status == 201, answer
    return answer.json["id"]


def test_chg_2_asking_alerts_and_waits_an_hour(phone, resident, copy_id):
    """CHG-2, CHG-3."""
    copy = phone.in_session("copies/state").json["copy"]
    assert (copy["id"], copy["state"]) == (copy_id, "pending")
    assert texts_sent(reference=resident.identity_id, kind=MessageKind.CHANGE_REQUESTED)
    early = phone.ask(f"copies/{copy_id}/ticket", pin="271828")
    assert (*refusal(early), early.json["reason"]) == (409, "copy_refused", "too_early")
    again = phone.in_session("copies")
    assert (*refusal(again), again.json["reason"]) == (409, "copy_refused", "already_pending")


def test_sec_5_after_the_hour_the_new_phone_takes_the_ticket_and_the_sms(phone, resident, copy_id):
    """SEC-5, CHG-4."""
    an_hour_passes()
    ticket = phone.ask(f"copies/{copy_id}/ticket", pin="271828")
    assert ticket.status == 201
    new = a_fresh_phone()
    begun = new.begin(user_id=resident.user_id, copy_token=ticket.json["token"])
    done = new.complete(begun.json["enrolment_id"], temporary_pin=temporary_pins_sent(resident.identity_id)[0])
    assert (done.status, done.json["level"]) == (201, "SUBSTANTIAL")
    assert new.log_in().status == phone.log_in().status == 201
    late = phone.ask(f"copies/{copy_id}/ticket", pin="271828")
    assert (*refusal(late), late.json["reason"]) == (409, "copy_refused", "already_copied")


def test_a_ticket_may_be_had_again_and_the_one_before_is_dead(phone, resident, copy_id):
    an_hour_passes()
    first = phone.ask(f"copies/{copy_id}/ticket", pin="271828").json["token"]
    assert phone.log_in().status == 201
    assert phone.in_session("copies/state").json["copy"]["state"] == "confirmed"
    second = phone.ask(f"copies/{copy_id}/ticket", pin="271828").json["token"]
    before = len(temporary_pins_sent(resident.identity_id))
    a_fresh_phone().begin(user_id=resident.user_id, copy_token=first)
    assert len(temporary_pins_sent(resident.identity_id)) == before
    a_fresh_phone().begin(user_id=resident.user_id, copy_token=second)
    assert len(temporary_pins_sent(resident.identity_id)) == before + 1
    assert CopyTicket.objects.count() == 1


def test_a_wrong_pin_shows_no_ticket(phone, copy_id):
    an_hour_passes()
    assert refusal(phone.ask(f"copies/{copy_id}/ticket", pin="000001")) == (403, "wrong_pin")
    assert not CopyTicket.objects.exists()


def test_chg_4_after_the_window_there_is_no_ticket(phone, copy_id):
    """CHG-4."""
    for _ in range(25):
        an_hour_passes()
    late = phone.ask(f"copies/{copy_id}/ticket", pin="271828")
    assert (*refusal(late), late.json["reason"]) == (409, "copy_refused", "too_late")
    phone.log_in()
    assert phone.in_session("copies/state").json == {"copy": None}


def test_chg_6_it_can_be_stopped(phone, copy_id):
    """CHG-6."""
    assert phone.in_session(f"copies/{copy_id}/stop").status == 204
    stopped = phone.in_session(f"copies/{copy_id}/stop")
    assert refusal(stopped) == (409, "copy_refused")
    an_hour_passes()
    assert refusal(phone.ask(f"copies/{copy_id}/ticket", pin="271828")) == (409, "copy_refused")


def test_another_apps_copy_is_as_good_as_none(phone, resident, copy_id, now):
    """Nor is that of the same citizen's other phone."""
    an_hour_passes()
    for other in (a_phone_of(a_resident(now=now), now=now), a_phone_of(resident, now=now)):
        other.log_in()
        assert refusal(other.in_session(f"copies/{copy_id}/stop")) == (404, "not_found")
        assert refusal(other.in_session(f"copies/{uuid7()}/stop")) == (404, "not_found")
        assert refusal(other.ask(f"copies/{copy_id}/ticket", pin="271828")) == (404, "not_found")
        other.log_in()
        assert other.in_session("copies/state").json == {"copy": None}
