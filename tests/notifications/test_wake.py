"""Waking workers: never at the cost of the request that has something to tell."""

import os
import signal
import socket
import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from uuid import uuid4

import celery
import pytest
import redis
from django.core.management import call_command
from django.db import connection, transaction

from mitid_portal.celery import app
from mitid_portal.embedded import valkey
from mitid_portal.embedded.valkey import free_port
from notifications.models import Delivery, LocalMessage
from notifications.states import DeliveryState, Priority
from notifications.usecases.sweep import AT_MOST, DRAINERS, SWEEP_EVERY_SECONDS, deliver_due, drain, wake_due
from notifications.wake import rest, wake
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


def queued():
    """What waits at the broker, in the order in which a worker takes it."""
    found = []
    with app.connection_for_read() as connection, connection.SimpleQueue("celery", no_ack=True) as waiting:
        for _ in range(waiting.qsize()):
            message = waiting.get(block=False)
            found.append((message.headers["task"], message.payload[0], message.headers["expires"]))
    return found


def queued_tasks():
    return [task for task, _arguments, _expires in queued()]


def test_each_delivery_of_a_message_is_woken_after_the_commit_and_by_its_id_alone(now, queue):
    ids = put(now, sms_address(), email_address(), message=change_requested())
    waiting = queued()
    assert [(task, arguments) for task, arguments, _expires in waiting] == [
        ("notifications.deliver", [str(id_)]) for id_ in ids
    ]
    assert all(expires for _task, _arguments, expires in waiting)


def test_a_code_overtakes_the_alerts_that_wait(now, queue):
    alerts = [put(now, message=change_requested())[0] for _ in range(3)]
    (code,) = put(now)
    assert [arguments[0] for _task, arguments, _expires in queued()] == [str(id_) for id_ in [code, *alerts]]


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
    (id_,) = put(now, message=change_requested())
    rest.end()
    server = valkey.start(tmp_path / "valkey", port=port)
    assert wake_due(now=now) == 1
    ((task, arguments, _expires),) = queued()
    server.child.stop()
    assert (task, arguments) == ("notifications.deliver", [str(id_)])


def test_a_sweep_wakes_what_is_due_for_as_long_as_until_the_next(now, queue):
    row(now).save(force_insert=True)
    held = row(now, state=DeliveryState.HELD, next_attempt_at=None)
    held.save(force_insert=True)
    assert wake_due(now=now) == 1
    assert len(queued()) == 1
    assert celery.current_app.conf.beat_schedule["wake-due-deliveries"]["schedule"] == SWEEP_EVERY_SECONDS


def test_a_sweep_wakes_for_no_more_than_can_be_read_in_time_and_has_the_rest_drained_first(now, queue):
    Delivery.objects.bulk_create([row(now) for _ in range(AT_MOST + 1)])
    assert wake_due(now=now) == AT_MOST
    told = queued_tasks()
    assert told == ["notifications.drain"] * DRAINERS + ["notifications.deliver"] * AT_MOST


def test_a_sweep_that_finds_little_has_nothing_drained(now, queue):
    Delivery.objects.bulk_create([row(now) for _ in range(AT_MOST - 1)])
    assert wake_due(now=now) == AT_MOST - 1
    assert set(queued_tasks()) == {"notifications.deliver"}


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
    ticks = iter([0.0, 0.0, 1.0, 2.0])
    assert drain(now=now, seconds=2.0, tick=lambda: next(ticks)) == 2
    assert LocalMessage.objects.count() == 2


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
        results.append(wake([(uuid4(), Priority.ALERT)]))

    threads = [threading.Thread(target=run) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 20
