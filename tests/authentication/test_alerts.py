"""Owners are told of a second request by a worker, so that the page that refuses it takes as long for nobody."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from authentication.models import ApprovalRequest
from authentication.queries import alerts_due
from authentication.tasks import alert_sweep_task, alert_task
from authentication.usecases.alert_of_parallel import alert_of_parallel
from authentication.usecases.sweep import sweep
from hsm import api as hsm
from mitid_portal.celery import app as celery_app
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from tests.authentication.acts import asked, choose, is_parallel, opened
from tests.authentication.test_pages import statement
from tests.factories.apps import an_app
from tests.factories.identities import a_resident
from tests.factories.together import at_once

CHANNELS = {Channel.SMS, Channel.EMAIL, Channel.APP}


@pytest.fixture
def resident(now):
    resident = a_resident(now=now)
    an_app(resident, now=now)
    return resident


@pytest.fixture
def hsm_is_away(settings):
    """The module cannot be loaded, as when its library or its network is gone."""

    def leave():
        settings.PKCS11_MODULE = "/nowhere/libhsm.so"
        hsm.forget()

    def come_back():
        settings.PKCS11_MODULE = module
        hsm.forget()

    module = settings.PKCS11_MODULE
    yield leave, come_back
    come_back()


def refused_to(user_id, now):
    """Ask an app twice, and give the request that was refused."""
    asked(user_id, now)
    request_id = opened(user_id, at=now)
    assert is_parallel(choose(request_id, now))
    return request_id


def alerts():
    rows = Delivery.objects.filter(kind=MessageKind.SIMULTANEOUS_REQUESTS)
    return sorted(rows.values_list("reference", "channel"))


@pytest.mark.django_db
def test_apr_5_whoever_is_asked_twice_is_told_on_every_channel_once(resident, now):
    """APR-5, ALR-2."""
    request_id = refused_to(resident.user_id, now)
    assert alerts() == []
    assert alerts_due(limit=9) == [request_id]
    for _ in range(2):  # a wake-up may come twice
        alert_task(str(request_id))
    assert alerts() == sorted((resident.identity_id, channel) for channel in CHANNELS)
    assert alerts_due(limit=9) == []


@pytest.mark.django_db
def test_try_2_the_page_that_refuses_does_the_same_for_nobody(resident, now):
    """TRY-2: what only somebody has is looked up later, by somebody else."""
    asks = []
    for user_id in (resident.user_id, "findes ikke 12"):
        asked(user_id, now)
        request_id = opened(user_id, at=now)
        with CaptureQueriesContext(connection) as queries:
            assert is_parallel(choose(request_id, now))
        asks.append([statement(query["sql"]) for query in queries])
        assert not [query["sql"] for query in queries if "notifications_" in query["sql"]]
    assert asks[0] == asks[1]
    for request_id in alerts_due(limit=9):
        assert alert_of_parallel(request_id=request_id, now=now)
    assert {reference for reference, _ in alerts()} == {resident.identity_id}
    assert alerts_due(limit=9) == []


@pytest.mark.django_db
def test_alr_4_while_the_module_is_away_an_alert_waits_and_is_not_swept(resident, now, hsm_is_away, caplog):
    """ALR-4, KEY-2."""
    leave, come_back = hsm_is_away
    request_id = refused_to(resident.user_id, now)
    leave()
    alert_task(str(request_id))
    assert "waits for the next sweep" in caplog.text
    assert alerts_due(limit=9) == [request_id]
    sweep(now=now + timedelta(days=2))
    assert ApprovalRequest.objects.get().id == request_id
    come_back()
    alert_task(str(request_id))
    assert len(alerts()) == len(CHANNELS)
    assert sweep(now=now + timedelta(days=2)) == 1


@pytest.mark.django_db
def test_alr_4_a_wake_up_that_was_lost_is_found_by_the_sweep(resident, now):
    """ALR-4: the row says that it is due; the sweep puts a task for it into the broker each time."""
    request_id = refused_to(resident.user_id, now)
    with celery_app.connection_for_read() as broker, broker.SimpleQueue("celery") as queue:
        queue.clear()
        for _ in range(2):
            alert_sweep_task()
            message = queue.get(timeout=10)
            message.ack()
            assert message.headers["task"] == "authentication.alert"
            assert message.payload[0] == [str(request_id)]


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_at_one_alert_one_makes_it(now):
    """ALR-4."""
    resident = a_resident(now=now)
    an_app(resident, now=now)
    request_id = refused_to(resident.user_id, now)
    made = at_once(*[lambda: alert_of_parallel(request_id=request_id, now=now)] * 8)
    assert made.count(True) == 1
    assert len(alerts()) == len(CHANNELS)
