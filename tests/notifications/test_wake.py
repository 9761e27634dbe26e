"""Waking workers: never at the cost of the request that has something to tell."""

import os
import signal
import socket
import threading
import time
from contextlib import ExitStack
from datetime import timedelta

import celery
import pytest
import redis
from django.core.management import call_command
from django.db import connection, transaction

from hsm.api import HsmUnavailable
from mitid_portal import clock
from mitid_portal.celery import app
from mitid_portal.embedded import valkey
from mitid_portal.embedded.valkey import free_port
from notifications.models import Delivery, LocalMessage
from notifications.states import DeliveryState, Priority
from notifications.tasks import deliver_task, drain_task
from notifications.usecases.drain import LINGER_SECONDS, drain
from notifications.usecases.sweep import AT_MOST, SWEEP_EVERY_SECONDS, deliver_due, wake_due
from notifications.wake import DRAIN_TASK, TASK, WAITING, WAKE_UP_LASTS_SECONDS, begin_to_look, rest, wake
from tests.broker import pointed_at
from tests.notifications.conftest import email_address, put, row, sms_address
from tests.notifications.samples import change_requested

pytestmark = pytest.mark.django_db(transaction=True)
NOTICEABLE_SECONDS = 2


@pytest.fixture
def broker():
    """Point Celery at another broker for the length of a test."""
    with ExitStack() as end:
        yield lambda address: end.enter_context(pointed_at(address))


def address_of(server):
    return f"redis://127.0.0.1:{server.port}/0"


@pytest.fixture
def queue(broker, tmp_path):
    """A Valkey of the test's own, empty."""
    server = valkey.start(tmp_path / "valkey")
    broker(address_of(server))
    yield server
    server.child.stop()


def _waiting_at(connection):
    """How many tasks wait; an empty queue is not there at all."""
    client = connection.default_channel.client
    return sum(client.llen(key) for key in client.keys("celery*"))


def queued():
    """What waits at the broker, in the order in which a worker takes it."""
    found = []
    with app.connection_for_read() as connection, connection.SimpleQueue("celery", no_ack=True) as waiting:
        for _ in range(_waiting_at(connection)):
            message = waiting.get(block=False)
            found.append((message.headers["task"], message.payload[0], message.headers["expires"]))
    return found


def queued_tasks():
    return [task for task, _arguments, _expires in queued()]


def test_one_is_woken_after_the_commit_for_all_that_was_stored_and_told_nothing(now, queue):
    with transaction.atomic():
        put(now, sms_address(), email_address(), message=change_requested())
        put(now)
        assert queued_tasks() == []
    ((task, arguments, expires),) = queued()
    assert (task, arguments) == (DRAIN_TASK, [])
    assert expires


def test_nobody_is_woken_while_one_who_was_has_not_begun_to_look(now, queue):
    for _ in range(5):
        put(now)
    assert queued_tasks() == [DRAIN_TASK]
    for _ in range(2):
        put(now)
    assert queued_tasks() == []  # whoever reads the queue has not begun yet
    assert begin_to_look()
    for _ in range(2):
        put(now)
    assert queued_tasks() == [DRAIN_TASK]


def test_a_wake_up_that_is_lost_keeps_others_away_no_longer_than_it_would_have_lasted(now, queue):
    put(now)
    with redis.Redis(port=queue.port) as client:
        assert 0 < client.ttl(WAITING) <= WAKE_UP_LASTS_SECONDS
        client.delete(*client.keys("celery*"))
        put(now)
        assert queued_tasks() == []
        client.expire(WAITING, 0)
    put(now)
    assert queued_tasks() == [DRAIN_TASK]


def test_a_wake_up_that_is_lost_is_made_up_for_by_the_sweep(now, queue):
    put(now)
    with redis.Redis(port=queue.port) as client:
        client.delete(*client.keys("celery*"))
    assert wake_due(now=now) == 1
    assert queued_tasks() == [DRAIN_TASK]


def test_what_is_stored_while_somebody_looks_is_found_or_wakes_another(queue):
    """The wake-up's key is gone before the first look, so that no commit falls between."""
    storing = threading.Event()
    drained = []

    def run():
        while not storing.is_set() or queued_tasks():
            begin_to_look()
            drained.append(drain(now=clock.now(), seconds=0.2))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    for _ in range(30):
        put(clock.now())
    storing.set()
    thread.join(timeout=60)
    assert sum(drained) == LocalMessage.objects.count() == 30


def test_a_broker_that_refuses_neither_fails_nor_delays_and_the_sweep_delivers(now, broker):
    broker(f"redis://127.0.0.1:{free_port()}/0")
    began = time.monotonic()
    (id_,) = put(now)
    assert time.monotonic() - began < NOTICEABLE_SECONDS
    assert deliver_due(now=now) == 1
    assert Delivery.objects.get(id=id_).state == DeliveryState.SENT


def test_a_broker_that_takes_the_connection_and_says_nothing_does_not_delay_either(now, broker):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        began = time.monotonic()
        put(now, sms_address(), email_address(), sms_address())
        assert time.monotonic() - began < NOTICEABLE_SECONDS


def test_a_broker_that_freezes_after_it_was_used_does_not_delay_either(now, queue):
    put(now)
    os.kill(queue.child.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        put(now, sms_address(), email_address(), sms_address())
        assert time.monotonic() - began < NOTICEABLE_SECONDS
    finally:
        os.kill(queue.child.pid, signal.SIGCONT)


def test_an_address_that_answers_no_packet_does_not_delay_either(now, broker):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        broker(f"redis://127.0.0.1:{full.getsockname()[1]}/0")
        began = time.monotonic()
        put(now)
        assert time.monotonic() - began < NOTICEABLE_SECONDS
        for filler in fillers:
            filler.close()


def test_after_a_failure_nobody_tries_for_a_while(now, broker):
    broker(f"redis://127.0.0.1:{free_port()}/0")
    put(now)
    assert rest.is_on()
    began = time.monotonic()
    for _ in range(20):
        put(now)
    assert time.monotonic() - began < NOTICEABLE_SECONDS
    rest.end()
    assert not rest.is_on()


def test_a_broker_that_is_back_is_used_again(now, broker, tmp_path):
    port = free_port()
    broker(f"redis://127.0.0.1:{port}/0")
    put(now, message=change_requested())
    rest.end()
    server = valkey.start(tmp_path / "valkey", port=port)
    assert wake_due(now=now) == 1
    told = queued_tasks()
    server.child.stop()
    assert told == [DRAIN_TASK]


def test_a_sweep_wakes_for_what_is_due_until_the_next(now, queue):
    row(now).save(force_insert=True)
    held = row(now, state=DeliveryState.HELD, next_attempt_at=None)
    held.save(force_insert=True)
    assert wake_due(now=now) == 1
    assert queued_tasks() == [DRAIN_TASK]
    assert celery.current_app.conf.beat_schedule["wake-due-deliveries"]["schedule"] == SWEEP_EVERY_SECONDS


def test_a_sweep_has_what_the_last_one_found_tried_by_its_id_codes_first(now, queue):
    missed = now - timedelta(seconds=SWEEP_EVERY_SECONDS)
    alert, code = row(missed), row(missed, priority=Priority.CODE)
    Delivery.objects.bulk_create([alert, code, row(now)])
    assert wake_due(now=now) == 3
    found = [(task, arguments) for task, arguments, _expires in queued()]
    assert found == [(DRAIN_TASK, []), (TASK, [str(code.id)]), (TASK, [str(alert.id)])]


def test_a_sweep_wakes_by_id_for_no_more_than_can_be_read_in_time(now, queue):
    missed = now - timedelta(seconds=SWEEP_EVERY_SECONDS)
    Delivery.objects.bulk_create([row(missed) for _ in range(AT_MOST + 1)])
    assert wake_due(now=now) == AT_MOST
    assert queued_tasks() == [DRAIN_TASK] + [TASK] * AT_MOST


def test_one_that_cannot_even_be_claimed_keeps_no_other(now, queue):
    """The most urgent ends each drain by a fault; what the sweep wakes by its id goes out."""
    missed = now - timedelta(seconds=SWEEP_EVERY_SECONDS)
    broken, other = row(missed - timedelta(seconds=1)), row(missed)
    Delivery.objects.bulk_create([broken, other])
    with connection.cursor() as cursor:  # as a release back would find a row of the release before
        cursor.execute("ALTER TABLE notifications_delivery DROP CONSTRAINT delivery_priority_is_known")
        cursor.execute("UPDATE notifications_delivery SET priority = 0 WHERE id = %s", [broken.id])
    try:
        with pytest.raises(ValueError, match="Priority"):
            drain(now=now)
        deliver_task(str(other.id))
        assert Delivery.objects.get(id=other.id).state == DeliveryState.SENT
    finally:
        Delivery.objects.filter(id=broken.id).delete()
        constraint = next(each for each in Delivery._meta.constraints if each.name == "delivery_priority_is_known")
        with connection.schema_editor() as editor:
            editor.add_constraint(Delivery, constraint)


def test_draining_sends_the_most_urgent_first_until_nothing_is_due(now):
    news = [row(now, priority=Priority.NEWS) for _ in range(2)]
    alerts = [row(now - timedelta(seconds=1)), row(now)]
    codes = [row(now, priority=Priority.CODE)]
    later = row(now, next_attempt_at=now + timedelta(hours=1))
    Delivery.objects.bulk_create([*news, *alerts, *codes, later])
    assert drain(now=now, seconds=60.0) == 5
    sent = list(LocalMessage.objects.order_by("id").values_list("delivery_id", flat=True))
    assert sent[:3] == [each.id for each in [*codes, *alerts]]
    assert set(sent[3:]) == {each.id for each in news}
    assert Delivery.objects.get(id=later.id).state == DeliveryState.QUEUED


def test_draining_ends_when_its_time_is_over(now):
    Delivery.objects.bulk_create([row(now) for _ in range(5)])
    ticks = iter([0.0, 0.0, 0.9, 1.0, 1.9, 2.0])
    assert drain(now=now, seconds=2.0, tick=lambda: next(ticks)) == 2
    assert LocalMessage.objects.count() == 2


def test_draining_that_finds_much_has_another_begin_and_one_that_leaves_some_too(now, queue):
    Delivery.objects.bulk_create([row(now) for _ in range(3)])
    ticks = iter([0.0, 0.0, 0.9, 1.0])
    assert drain(now=now, seconds=1.0, tick=lambda: next(ticks)) == 1
    assert queued_tasks() == [DRAIN_TASK]
    begin_to_look()
    ticks = iter([0.0, 1.0])
    assert drain(now=now, seconds=1.0, tick=lambda: next(ticks)) == 0
    assert queued_tasks() == [DRAIN_TASK]


def test_while_the_hsm_is_away_a_drain_wakes_nobody(now, queue, hsm_is_away):
    """Else each drain would begin the next, as fast as they fail; the sweep comes every five seconds."""
    Delivery.objects.bulk_create([row(now) for _ in range(3)])
    hsm_is_away()
    with pytest.raises(HsmUnavailable):
        drain(now=now)
    drain_task()
    assert queued_tasks() == []


def test_what_was_stored_by_a_clock_that_is_ahead_is_waited_for(now):
    Delivery.objects.bulk_create([row(now + timedelta(seconds=0.4))])
    assert drain(now=now) == 1


def test_what_will_be_due_when_this_one_has_ended_has_another_begin(now, queue):
    Delivery.objects.bulk_create([row(now + timedelta(seconds=0.9))])
    assert drain(now=now, seconds=0.2) == 0
    assert queued_tasks() == [DRAIN_TASK]


def test_a_task_says_that_it_looks_before_it_reads_the_clock(now, queue, monkeypatch):
    """What is committed between the two wakes nobody, and is not due yet for a clock that was read before."""
    wake()
    seen = []

    def read():
        with redis.Redis(port=queue.port) as client:
            seen.append(client.exists(WAITING))
        return now

    monkeypatch.setattr(clock, "now", read)
    drain_task()
    assert seen == [0]


def test_what_is_given_up_counts_as_done_and_not_as_nothing_to_do(now):
    dead = [row(now - timedelta(minutes=15), useful_until=now, next_attempt_at=now) for _ in range(5)]
    Delivery.objects.bulk_create(dead)
    assert drain(now=now) == 5
    assert Delivery.objects.filter(state=DeliveryState.GIVEN_UP).count() == 5


def test_draining_that_leaves_nothing_wakes_nobody(now, queue):
    Delivery.objects.bulk_create([row(now)])
    assert drain(now=now) == 1
    assert queued_tasks() == []


def test_draining_waits_a_little_for_what_comes_next(now):
    began = time.monotonic()
    assert drain(now=now) == 0
    assert time.monotonic() - began >= LINGER_SECONDS


def test_draining_waits_for_nobody_who_holds_a_row(now):
    held = row(now)
    held.save(force_insert=True)
    with transaction.atomic():
        Delivery.objects.select_for_update().get(id=held.id)
        drained = []

        def run():
            drained.append(drain(now=now, seconds=0.1))
            connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        thread.join(timeout=20)
    assert drained == [0]


def test_nothing_due_wakes_nobody(now, queue):
    assert wake_due(now=now) == 0
    with redis.Redis(port=queue.port) as client:
        assert client.llen("celery") == 0


def test_the_command_works_the_outbox_off_without_a_broker(now, capsys, broker):
    broker(f"redis://127.0.0.1:{free_port()}/0")
    Delivery.objects.bulk_create([row(now.replace(year=2020)) for _ in range(3)])
    call_command("deliver_due", "--limit", "2")
    assert capsys.readouterr().out == "2 due\n"
    assert LocalMessage.objects.count() == 2


def test_many_threads_may_wake_at_once(queue):
    results = []

    def run():
        results.append(wake())

    threads = [threading.Thread(target=run) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 20
    assert queued_tasks() == [DRAIN_TASK]
