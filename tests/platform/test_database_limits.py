"""No page waits for a lock for ever."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


def take() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7)")


def waits(request: HttpRequest) -> HttpResponse:
    request.session["seen"] = "after the lock"
    with transaction.atomic():
        take()
    return HttpResponse("done")


urlpatterns = [path("waits/", waits), path("", include("mitid_portal.urls"))]


@contextmanager
def held_by_another() -> Iterator[None]:
    """Within, another connection has the lock."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            take()
            held.set()
            done.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)
    try:
        yield
    finally:
        done.set()
        holder.join()


def test_a_lock_that_is_not_let_go_is_waited_for_three_seconds() -> None:
    begun = time.monotonic()
    with (
        held_by_another(),
        pytest.raises(OperationalError, match="lock timeout"),
        transaction.atomic(),
    ):
        take()
    assert 2.5 < time.monotonic() - begun < 30


def test_key_2_a_wait_for_a_lock_ends_before_a_call_of_the_module_would() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM current_setting('lock_timeout')::interval)")
        assert cursor.fetchone()[0] < settings.HSM_CALL_SECONDS < 5


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_page_that_waits_for_a_lock_in_vain_says_so_and_stores_nothing(language: str) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    words = {"da": "Prøv igen", "en": "try again"}
    with held_by_another():
        answer = client.get("/waits/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"
    assert words[language].lower() in answer.text.lower()
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert client.get("/waits/").text == "done"
