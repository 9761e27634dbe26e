"""What a provider is asked through, and what of the environment counts for it."""

import pytest
import requests

from notifications.transports.bounded_http import _proxies, ask, new_session
from tests.notifications.twilio_stand_in import TwilioStandIn

SECONDS = 2.0


@pytest.fixture(autouse=True)
def environment_is_read_anew():
    _proxies.cache_clear()
    yield
    _proxies.cache_clear()


def test_the_proxy_that_the_environment_names_is_asked(monkeypatch):
    with TwilioStandIn() as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        reply = ask(new_session(), "GET", "http://provider.invalid/2010-04-01/", seconds=SECONDS)
    assert reply.status == requests.codes.not_found  # the name leads nowhere: the proxy answered


def test_a_provider_that_the_environment_excepts_is_asked_without_a_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with TwilioStandIn() as provider:
        reply = ask(new_session(), "GET", f"{provider.address}/2010-04-01/", seconds=SECONDS)
    assert reply.status == requests.codes.not_found


def test_the_authorities_that_the_environment_names_are_trusted(monkeypatch):
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    assert new_session().verify is True
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/authorities.pem")
    assert new_session().verify == "/etc/authorities.pem"
