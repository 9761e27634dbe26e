"""The same phone over a real connection: what browser journeys and benchmarks use."""

import httpx
import pytest
from django.core.cache import cache

from authentication.outcomes import LoggedIn
from authentication.usecases.collect import collect
from mitid_portal import clock
from tests.authentication.app_api.phones import a_request_to
from tests.factories.app_client import PIN, HttpxWire, PhoneApp
from tests.factories.apps import an_app
from tests.factories.identities import a_resident


@pytest.mark.django_db(transaction=True)
def test_a_log_in_with_the_app_over_http(live_server, settings):
    """APR-3, APR-4, APR-6."""
    settings.PUBLIC_ADDRESS = live_server.url
    cache.clear()
    now = clock.now()
    resident = a_resident(now=now)
    app = an_app(resident, now=now, pin=PIN)
    request_id, asked = a_request_to(resident, now=now)
    with httpx.Client(base_url=live_server.url) as client:
        phone = PhoneApp(HttpxWire(client), address=live_server.url, key=app.phone.key, app_id=app.id)
        shown = phone.bind(asked.short_code)
        assert phone.approve(shown.json, word=asked.short_code).json == {"decision": "approve"}
        assert phone.log_in().status == 201
        assert phone.in_session("inbox").status == 200
        assert phone.send("me", b"A" * 400_000).code == "too_large"
        assert phone.ask("me").status == 200
        assert not client.cookies
    assert isinstance(collect(request_id=request_id, browser_token=None, now=clock.now()), LoggedIn)
