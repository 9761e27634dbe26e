"""When a delivery is given up: never for what is ours to repair, never by the number of tries (ALR-4)."""

from datetime import timedelta

import pytest

from notifications.models import Delivery
from notifications.queries import provider_minutes
from notifications.rules.retry import LONGEST_WAIT
from notifications.states import Channel, DeliveryState
from notifications.transports import Accepted, FaultOfOurs, PermanentFailure, RefusedHere, TemporaryFailure
from notifications.usecases.claim_delivery import Claim, claim_delivery
from notifications.usecases.deliver import deliver
from notifications.usecases.settle_delivery import Settlement, settle_delivery
from tests.notifications.conftest import asks_local, email_address, put, sms_address
from tests.notifications.samples import change_requested
from tests.notifications.scripted_provider import scripted
from tests.notifications.twilio_stand_in import Refuse

LEASE = timedelta(seconds=60)
PATIENCE = timedelta(hours=48)
NOT_NOW, OURS = TemporaryFailure("twilio_timeout"), FaultOfOurs("twilio_20003")

pytestmark = pytest.mark.django_db


def claim(id_, at, *, limit=24):
    return claim_delivery(delivery_id=id_, now=at, lease_for=LEASE, unanswered_limit=limit, provider_for=asks_local)


class Trial:
    """One delivery that is tried whenever it is due."""

    def __init__(self, now):
        (self.id,) = put(now, message=change_requested())
        self.began = now

    @property
    def row(self):
        return Delivery.objects.get(id=self.id)

    def attempt(self, answer):
        due = self.row.next_attempt_at
        claimed = claim_delivery(
            delivery_id=self.id, now=due, lease_for=LEASE, unanswered_limit=24, provider_for=asks_local
        )
        return settle_delivery(claim=claimed, answer=answer, now=due, give_up_after=PATIENCE, spread=0.99)

    def attempt_until(self, age, answer):
        """Try until so long after the beginning; return when the last try was."""
        while (due := self.row.next_attempt_at) < self.began + age:
            assert self.attempt(answer) is Settlement.POSTPONED
        return due


def test_a_provider_that_is_gone_for_two_days_less_a_moment_loses_nothing(now):
    trial = Trial(now)
    trial.attempt_until(PATIENCE, NOT_NOW)
    assert trial.row.attempts > 200
    assert trial.row.failing_since == now


def test_an_address_that_failed_for_two_days_is_given_up(now):
    trial = Trial(now)
    trial.attempt_until(PATIENCE, NOT_NOW)
    assert trial.attempt(NOT_NOW) is Settlement.GIVEN_UP
    assert (trial.row.state, trial.row.failure) == (DeliveryState.GIVEN_UP, "twilio_timeout")


def test_what_is_ours_to_repair_gives_nothing_up_however_long_it_takes(now):
    trial = Trial(now)
    trial.attempt_until(1.2 * PATIENCE, OURS)
    assert trial.row.failing_since is None
    assert trial.attempt(NOT_NOW) is Settlement.POSTPONED
    assert trial.attempt(Accepted("SM1")) is Settlement.SENT


def test_the_time_that_our_own_fault_took_is_not_counted(now):
    trial = Trial(now)
    trial.attempt_until(PATIENCE / 2, NOT_NOW)
    trial.attempt_until(PATIENCE, OURS)
    repaired_at = trial.row.next_attempt_at
    trial.attempt_until(1.4 * PATIENCE, NOT_NOW)
    assert trial.row.failing_since == repaired_at


def test_time_in_which_nobody_tried_is_not_counted(now):
    trial = Trial(now)
    late = now + 3 * PATIENCE
    claimed = claim_delivery(
        delivery_id=trial.id, now=late, lease_for=LEASE, unanswered_limit=24, provider_for=asks_local
    )
    assert settle_delivery(claim=claimed, answer=NOT_NOW, now=late, give_up_after=PATIENCE, spread=0.0) == "POSTPONED"


def test_what_the_address_will_never_take_is_given_up_at_once(now):
    trial = Trial(now)
    assert trial.attempt(OURS) is Settlement.POSTPONED
    assert trial.attempt(PermanentFailure("twilio_21211")) is Settlement.GIVEN_UP


def test_a_copy_that_takes_anothers_place_has_patience_of_its_own(now):
    (id_,) = put(now, sms_address(), message=change_requested(), spare=(sms_address("+4530123456"),))
    late = now + 2 * PATIENCE
    first = claim(id_, late)
    settle_delivery(claim=first, answer=PermanentFailure("twilio_21211"), now=late, give_up_after=PATIENCE, spread=0.0)
    copy = Delivery.objects.get(replaces_id=id_)
    second = claim_delivery(
        delivery_id=copy.id, now=late, lease_for=LEASE, unanswered_limit=24, provider_for=asks_local
    )
    answered = settle_delivery(claim=second, answer=NOT_NOW, now=late, give_up_after=PATIENCE, spread=0.0)
    assert answered is Settlement.POSTPONED


@pytest.mark.parametrize("refusal", [Refuse(401, 20003), Refuse(403, 20005), Refuse(400, 21606), Refuse(429, 63038)])
def test_an_account_that_is_closed_is_ours_to_repair(now, twilio, refusal):
    trial = Trial(now)
    twilio.faults.append(refusal)
    assert deliver(delivery_id=trial.id, now=now) is Settlement.POSTPONED
    assert (trial.row.attempts, trial.row.failing_since) == (1, None)


@pytest.mark.parametrize("refusal", [Refuse(503, 20503), Refuse(429, 20429)])
def test_a_provider_that_is_busy_is_not(now, twilio, refusal):
    trial = Trial(now)
    twilio.faults.append(refusal)
    assert deliver(delivery_id=trial.id, now=now) is Settlement.POSTPONED
    assert trial.row.failing_since is not None


def test_a_transport_that_cannot_be_loaded_is_ours_to_repair_and_says_so(now, settings, caplog):
    trial = Trial(now)
    settings.SMS_TRANSPORTS = ["notifications.transports.nowhere.Sms"]
    assert deliver(delivery_id=trial.id, now=now) is Settlement.POSTPONED
    assert (trial.row.failure, trial.row.failing_since) == ("transport_fails", None)
    assert "ModuleNotFoundError" in caplog.text


def claim_and_die(trial, *, limit):
    due = trial.row.next_attempt_at
    claimed = claim_delivery(
        delivery_id=trial.id, now=due, lease_for=LEASE, unanswered_limit=limit, provider_for=asks_local
    )
    return trial.row.next_attempt_at - due if isinstance(claimed, Claim) else None


def test_a_delivery_that_kills_each_worker_is_given_up_in_the_end(now):
    trial = Trial(now)
    assert [claim_and_die(trial, limit=2) is None for _ in range(3)] == [False, False, True]
    assert (trial.row.state, trial.row.failure) == (DeliveryState.GIVEN_UP, "no_answer")


def test_it_is_tried_ever_more_seldom_so_that_dying_workers_lose_it_after_hours_only(now):
    trial = Trial(now)
    leases = [claim_and_die(trial, limit=24) for _ in range(24)]
    assert leases == sorted(leases)
    assert (leases[0], leases[-1]) == (LEASE, LONGEST_WAIT)
    assert sum(leases, timedelta()) > timedelta(hours=2)


def test_an_answer_begins_the_count_of_dead_workers_anew(now):
    trial = Trial(now)
    for _ in range(5):
        assert claim_and_die(trial, limit=24) is not None
    trial.attempt(NOT_NOW)
    assert trial.row.unanswered == 0
    assert claim_and_die(trial, limit=1) == LEASE


@pytest.mark.django_db
def test_a_number_that_no_provider_serves_is_given_up_in_the_end_and_the_provider_stays_well(now, settings):
    """ALR-5: unlike an account that somebody has to repair, which waits."""
    settings.GIVE_UP_AFTER = timedelta(hours=2)
    with scripted(settings) as (first, second):
        (id_,) = put(now, sms_address(), message=change_requested(), spare=(email_address(),))
        first.answers = [RefusedHere("twilio_21408")] * 500
        second.answers = [RefusedHere("http_country_closed")] * 500
        while Delivery.objects.get(id=id_).state == DeliveryState.QUEUED:
            deliver(delivery_id=id_, now=Delivery.objects.get(id=id_).next_attempt_at)
    found = Delivery.objects.get(id=id_)
    assert found.state == DeliveryState.GIVEN_UP
    assert found.given_up_at - now >= settings.GIVE_UP_AFTER
    assert Delivery.objects.get(replaces_id=id_).channel == Channel.EMAIL
    minutes = provider_minutes(since=now)
    assert {minute.provider for minute in minutes} == {"scripted", "spare"}
    assert sum(minute.failed for minute in minutes) == 0
    assert sum(minute.answered_no for minute in minutes) == found.attempts
