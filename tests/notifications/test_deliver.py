"""Claim, send, settle: once, and whatever happens on the way (ALR-4, ALR-5)."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from audit.api import ActorKind, EventKind, events_about
from hsm import api as hsm
from hsm.keyring import forget_keyring
from hsm.models import DataKey
from hsm.states import DATA_KEY
from notifications.messages import ContactCode
from notifications.models import Delivery, LocalMessage
from notifications.rules.retry import LONGEST_WAIT
from notifications.states import TRANSITIONS, Channel, DeliveryState, states_before
from notifications.tasks import deliver_task, sweep_task
from notifications.transports import Accepted, PermanentFailure, TemporaryFailure
from notifications.usecases.claim_delivery import CLOSED_FOR, NotClaimed, claim_delivery
from notifications.usecases.deliver import deliver
from notifications.usecases.drain import drain
from notifications.usecases.settle_delivery import Settlement, settle_delivery
from notifications.usecases.sweep import deliver_due
from tests.hsm.rotation import rotate
from tests.notifications.conftest import EMAIL, PHONE, asks_local, email_address, put, sms_address
from tests.notifications.samples import change_requested
from tests.notifications.twilio_stand_in import Hang, Refuse, Reset, Slow

LEASE = timedelta(seconds=60)
LIMIT = 24
PATIENCE = timedelta(hours=48)


def claim(id_, now, *, limit=LIMIT):
    return claim_delivery(delivery_id=id_, now=now, lease_for=LEASE, unanswered_limit=limit, provider_for=asks_local)


def settle(claimed, answer, now):
    return settle_delivery(claim=claimed, answer=answer, now=now, give_up_after=PATIENCE, spread=0.0)


def state_of(id_):
    return Delivery.objects.get(id=id_).state


def given_up_events(reference):
    return events_about(subject_id=reference, kinds=[EventKind.DELIVERY_GIVEN_UP], limit=10)


@pytest.mark.django_db
def test_a_delivery_reaches_its_phone_and_is_written_down(now):
    reference = uuid4()
    (id_,) = put(now, sms_address(), reference=reference)
    assert deliver(delivery_id=id_, now=now) is Settlement.SENT
    row = Delivery.objects.get(id=id_)
    assert (row.state, row.attempts, row.next_attempt_at) == (DeliveryState.SENT, 1, None)
    assert now <= row.sent_at < now + timedelta(seconds=5)
    assert row.provider_reference == f"local:{id_}"
    message = LocalMessage.objects.get()
    assert (message.delivery_id, message.to, message.channel) == (id_, PHONE, Channel.SMS)
    assert message.text.startswith("MitID: Din kode er 123456.")
    assert given_up_events(reference) == []


@pytest.mark.django_db
def test_a_delivery_reaches_its_mailbox_with_its_subject(now):
    (id_,) = put(now, email_address(), message=change_requested())
    deliver(delivery_id=id_, now=now)
    message = LocalMessage.objects.get()
    assert (message.to, message.subject) == (EMAIL, "Afventende ændring af dit telefonnummer")


@pytest.mark.django_db
def test_what_is_sent_is_not_sent_again(now):
    (id_,) = put(now)
    deliver(delivery_id=id_, now=now)
    assert deliver(delivery_id=id_, now=now + timedelta(days=1)) is None
    assert LocalMessage.objects.count() == 1


@pytest.mark.django_db
def test_an_unknown_delivery_is_nothing_to_send(now):
    assert deliver(delivery_id=uuid4(), now=now) is None


@pytest.mark.django_db
def test_a_claim_holds_until_its_lease_ends(now):
    (id_,) = put(now, message=change_requested())
    assert claim(id_, now).attempt == 1
    assert claim(id_, now + LEASE - timedelta(microseconds=1)) is None
    assert claim(id_, now + LEASE).attempt == 2


@pytest.mark.django_db
def test_what_is_not_due_is_not_claimed(now):
    (id_,) = put(now)
    assert claim(id_, now - timedelta(seconds=1)) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_that_deliver_at_once_one_sends(now, twilio):
    (id_,) = put(now)
    twilio.faults.append(Slow(0.2))
    barrier, outcomes = threading.Barrier(2), []

    def run():
        barrier.wait()
        outcomes.append(deliver(delivery_id=id_, now=now))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [None, Settlement.SENT]
    assert len(twilio.accepted) == len(twilio.requests) == 1


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_provider_is_asked(now, twilio):
    (id_,) = put(now)
    twilio.faults.append(Slow(0.3))
    thread = threading.Thread(target=lambda: (deliver(delivery_id=id_, now=now), connection.close()))
    thread.start()
    assert twilio.arrived.acquire(timeout=5)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < now()"
        )
        (others,) = cursor.fetchone()
    assert state_of(id_) == DeliveryState.CLAIMED
    thread.join()
    assert others == 0
    assert state_of(id_) == DeliveryState.SENT


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [Hang(1), Reset(), Refuse(503, 20503), Refuse(429, 20429)])
def test_a_provider_that_fails_for_now_is_asked_again_later_and_later(now, twilio, fault):
    reference = uuid4()
    (id_,) = put(now, message=change_requested(), reference=reference)
    twilio.faults.extend([fault, fault])
    assert deliver(delivery_id=id_, now=now) is Settlement.POSTPONED
    row = Delivery.objects.get(id=id_)
    assert (row.state, row.attempts) == (DeliveryState.QUEUED, 1)
    assert row.failure.startswith("twilio_")
    first_wait = row.next_attempt_at - now
    assert timedelta(seconds=2.5) < first_wait < timedelta(seconds=7)
    assert deliver(delivery_id=id_, now=now) is None
    assert deliver(delivery_id=id_, now=now + LONGEST_WAIT) is Settlement.POSTPONED
    assert deliver(delivery_id=id_, now=now + 3 * LONGEST_WAIT) is Settlement.SENT
    assert len(twilio.accepted) == 1
    assert given_up_events(reference) == []


@pytest.mark.django_db
def test_a_number_that_cannot_be_reached_is_given_up_at_once_and_recorded(now, twilio):
    reference = uuid4()
    (id_,) = put(now, message=change_requested(), reference=reference)
    twilio.faults.append(Refuse(400, 21211))
    assert deliver(delivery_id=id_, now=now) is Settlement.GIVEN_UP
    row = Delivery.objects.get(id=id_)
    assert (row.state, row.failure, row.next_attempt_at) == (DeliveryState.GIVEN_UP, "twilio_21211", None)
    (event,) = given_up_events(reference)
    assert event.actor.kind is ActorKind.SYSTEM
    assert event.facts["delivery"] == str(id_) or event.facts["delivery"] == id_
    assert event.facts["failure"] == "twilio_21211"
    assert event.facts["replacement"] is None


@pytest.mark.django_db
def test_a_code_that_is_dead_is_not_sent(now):
    reference = uuid4()
    (id_,) = put(now, message=ContactCode(code="123456", minutes=15), reference=reference)
    assert deliver(delivery_id=id_, now=now + timedelta(minutes=15)) is Settlement.GIVEN_UP
    assert Delivery.objects.get(id=id_).failure == "no_longer_useful"
    assert not LocalMessage.objects.exists()
    assert len(given_up_events(reference)) == 1


@pytest.mark.django_db
def test_a_row_whose_seal_is_broken_is_given_up_and_nothing_of_it_is_sent(now):
    (id_,) = put(now, message=change_requested())
    Delivery.objects.filter(id=id_).update(body_sealed=b"\x00" * 64)
    assert deliver(delivery_id=id_, now=now) is Settlement.GIVEN_UP
    assert Delivery.objects.get(id=id_).failure == "seal_broken"
    assert not LocalMessage.objects.exists()


@pytest.fixture
def _keys_anew():
    hsm.forget()
    yield
    hsm.forget()


@pytest.mark.django_db
@pytest.mark.usefixtures("_keys_anew")
def test_rows_whose_key_alone_is_broken_are_put_off_and_keep_no_other(now, caplog):
    """As the most urgent of all they would end each drain."""
    old = [put(now - timedelta(minutes=1), message=change_requested())[0] for _ in range(3)]
    rotate(DATA_KEY)
    wrapped = bytes(DataKey.objects.get(version=1).wrapped)
    DataKey.objects.filter(version=1).update(wrapped=wrapped[:20] + bytes([wrapped[20] ^ 1]) + wrapped[21:])
    forget_keyring()
    (new,) = put(now, message=change_requested())
    drain(now=now, seconds=0.5)
    assert Delivery.objects.get(id=new).state == DeliveryState.SENT
    rows = Delivery.objects.filter(id__in=old)
    assert [(row.state, row.attempts) for row in rows] == [(DeliveryState.QUEUED, 0)] * 3
    assert min(row.next_attempt_at for row in rows) >= now + CLOSED_FOR
    assert caplog.text.count("is not open: it is put off") == 3


@pytest.mark.django_db
def test_what_is_given_up_unsent_asks_for_no_provider(now, settings):
    """An unwell provider gets one message in a while, to show whether it is back: not one that nobody needs."""
    asked = []

    def chosen(*_of):
        asked.append(_of)
        return "local"

    (id_,) = put(now, message=ContactCode(code="123456", minutes=15))
    late = now + timedelta(minutes=15)
    claimed = claim_delivery(delivery_id=id_, now=late, lease_for=LEASE, unanswered_limit=9, provider_for=chosen)
    assert (claimed, asked) == (NotClaimed.GIVEN_UP, [])


@pytest.mark.django_db
def test_when_an_sms_is_given_up_its_held_copy_goes_out_by_mail(now, twilio):
    """ALR-5."""
    reference = uuid4()
    (id_,) = put(now, sms_address(), message=change_requested(), spare=(sms_address("+4530123456"), email_address()),
                 reference=reference)  # fmt: skip
    twilio.faults.append(Refuse(400, 21614))
    deliver(delivery_id=id_, now=now)
    replacement = Delivery.objects.get(replaces_id=id_)
    assert (replacement.channel, replacement.state) == (Channel.EMAIL, DeliveryState.QUEUED)
    (event,) = given_up_events(reference)
    assert str(event.facts["replacement"]) == str(replacement.id)
    assert deliver(delivery_id=replacement.id, now=now + timedelta(seconds=5)) is Settlement.SENT
    assert LocalMessage.objects.get().to == EMAIL
    assert Delivery.objects.filter(state=DeliveryState.NOT_NEEDED).count() == 1


@pytest.mark.django_db
def test_two_that_are_given_up_are_replaced_by_two_copies(now):
    ids = put(now, sms_address(), sms_address("+4530123456"), message=change_requested(),
              spare=(email_address(), email_address("b@example.dk"), email_address("c@example.dk")))  # fmt: skip
    for id_ in ids:
        settle(claim(id_, now), PermanentFailure("twilio_21610"), now)
    replaced = dict(Delivery.objects.filter(replaces__isnull=False).values_list("replaces_id", "id"))
    assert set(replaced) == set(ids)
    assert len(set(replaced.values())) == 2


@pytest.mark.django_db
def test_a_held_copy_is_dropped_when_every_other_address_was_reached(now):
    ids = put(now, sms_address(), email_address(), message=change_requested(), spare=(email_address("b@x.dk"),))
    held = Delivery.objects.get(state=DeliveryState.HELD)
    deliver(delivery_id=ids[0], now=now)
    assert state_of(held.id) == DeliveryState.HELD
    deliver(delivery_id=ids[1], now=now)
    assert state_of(held.id) == DeliveryState.NOT_NEEDED
    assert claim(held.id, now + timedelta(days=1)) is None


@pytest.mark.django_db
def test_a_no_that_comes_after_the_lease_changes_nothing(now):
    (id_,) = put(now, message=change_requested())
    first = claim(id_, now)
    second = claim(id_, now + LEASE)
    for answer in (TemporaryFailure("twilio_timeout"), PermanentFailure("twilio_21211")):
        assert settle(first, answer, now + LEASE) is Settlement.TOO_LATE
    assert Delivery.objects.get(id=id_).attempts == second.attempt
    assert state_of(id_) == DeliveryState.CLAIMED


@pytest.mark.django_db
def test_a_yes_that_comes_after_the_lease_keeps_a_second_copy_from_being_sent(now):
    (id_,) = put(now, message=change_requested())
    first = claim(id_, now)
    second = claim(id_, now + LEASE)
    settle(second, TemporaryFailure("twilio_timeout"), now + LEASE)
    assert settle(first, Accepted("SM1"), now + LEASE) is Settlement.SENT
    assert claim(id_, now + timedelta(days=1)) is None


@pytest.mark.django_db
@pytest.mark.parametrize("answer", [Accepted("SM2"), TemporaryFailure("x"), PermanentFailure("x")])
def test_nothing_moves_a_delivery_that_has_ended(now, answer):
    for ending in (Accepted("SM1"), PermanentFailure("twilio_21211")):
        (id_,) = put(now, message=change_requested())
        claimed = claim(id_, now)
        settle(claimed, ending, now)
        before = Delivery.objects.filter(id=id_).values().get()
        assert settle(claimed, answer, now) is Settlement.TOO_LATE
        assert Delivery.objects.filter(id=id_).values().get() == before


def test_the_transition_table_has_every_state_and_ends_in_two():
    assert set(TRANSITIONS) == set(DeliveryState)
    ends = {state for state, after in TRANSITIONS.items() if not after}
    assert ends == {DeliveryState.DELIVERED, DeliveryState.NOT_NEEDED}
    assert TRANSITIONS[DeliveryState.GIVEN_UP] == {DeliveryState.DELIVERED}
    assert states_before(DeliveryState.HELD) == frozenset()


@pytest.mark.django_db
def test_codes_are_due_before_alerts_and_older_before_younger(now):
    (alert,) = put(now - timedelta(seconds=9), message=change_requested())
    (younger,) = put(now - timedelta(seconds=1))
    (older,) = put(now - timedelta(seconds=5))
    (_later,) = put(now + timedelta(seconds=1))
    assert deliver_due(now=now) == 3
    order = list(LocalMessage.objects.order_by("id").values_list("delivery_id", flat=True))
    assert order == [older, younger, alert]


@pytest.mark.django_db
def test_the_tasks_take_ids_and_read_the_clock(now):
    (id_,) = put(now - timedelta(days=365), message=change_requested())
    deliver_task(str(id_))
    sweep_task()
    assert state_of(id_) == DeliveryState.SENT


@pytest.mark.django_db
def test_while_the_hsm_is_away_deliveries_wait_and_lose_no_try(now, hsm_is_away, caplog):
    (id_,) = put(now - timedelta(days=365), message=change_requested())
    before = Delivery.objects.filter(id=id_).values().get()
    hsm_is_away()
    with pytest.raises(hsm.HsmUnavailable):
        deliver(delivery_id=id_, now=now)
    deliver_task(str(id_))
    assert Delivery.objects.filter(id=id_).values().get() == before
    assert "waits for the next sweep" in caplog.text


@pytest.mark.django_db
def test_while_the_hsm_is_away_nothing_is_stored(now, hsm_is_away):
    hsm_is_away()
    with pytest.raises(hsm.HsmUnavailable):
        put(now)
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_neither_a_claim_nor_a_message_shows_what_it_carries(now):
    (id_,) = put(now, email_address())
    shown = repr(claim(id_, now))
    assert EMAIL not in shown
    assert "123456" not in shown
