"""Whoever planted a cookie in somebody's browser gains nothing by sharing it."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client

from authentication.models import ApprovalRequest, Login
from mitid_portal import clock
from mitid_portal.embedded.system import CHECKOUT
from tests.authentication.acts import decide
from tests.factories.apps import an_app
from tests.factories.identities import a_resident

COOKIES = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "KNOWN_BROWSER_COOKIE_NAME", "LANGUAGE_COOKIE_NAME")
ASK = f"""
import json
from mitid_portal import settings
print(json.dumps([[getattr(settings, name), settings.SESSION_COOKIE_SECURE] for name in {COOKIES!r}]))
"""


@pytest.mark.django_db
def test_who_shares_the_cookie_of_before_is_turned_away_at_go_on():
    """APR-4: the thief's session is put into the victim's browser, and waits for the victim's app."""
    resident = a_resident(now=clock.now())
    app = an_app(resident, now=clock.now())
    thief, victim = Client(), Client()
    session = thief.session
    session["planted"] = True
    session.save()
    name = settings.SESSION_COOKIE_NAME
    planted = session.session_key
    thief.cookies[name] = victim.cookies[name] = planted
    victim.post("/log-in/", {"user_id": resident.user_id})
    victim.post("/log-in/way/", {"with": "app"})
    words = victim.get("/log-in/app/").context_data["asked"]
    decide(app, ApprovalRequest.objects.latest("id").id, clock.now(), binding=words.short_code)
    assert thief.get("/log-in/app/progress/").url == "/log-in/"
    assert thief.post("/log-in/app/go-on/").url == "/log-in/"
    assert not Login.objects.exists()
    assert victim.post("/log-in/app/go-on/").url == "/profile/"
    assert victim.cookies[name].value != planted


@pytest.mark.django_db
def test_each_log_in_that_is_begun_has_a_session_of_its_own():
    client = Client()
    keys = set()
    for number in range(3):
        client.post("/log-in/", {"user_id": f"findes ikke {number}"})
        keys.add(client.session.session_key)
    assert len(keys) == 3


@pytest.mark.parametrize("address", ["https://mitid.example", "http://localhost:8000"])
def test_over_tls_the_cookies_are_of_this_host_alone(address):
    """RFC 6265bis section 4.1.3.2: a browser takes ``__Host-`` only with Secure, Path=/ and no Domain."""
    environment = {**os.environ, "PUBLIC_ADDRESS": address}
    told = subprocess.run(
        [sys.executable, "-c", ASK], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(told.stdout)
    is_secure = address.startswith("https")
    assert len({name for name, _ in found}) == len(COOKIES)
    assert all((name.startswith("__Host-"), secure) == (is_secure, is_secure) for name, secure in found)


@pytest.mark.django_db
def test_what_a_host_cookie_needs_holds_for_each_that_a_log_in_sets(settings):
    """Path=/ and no Domain, or a browser drops what is named ``__Host-``."""
    settings.LANGUAGE_COOKIE_SECURE = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    resident = a_resident(now=clock.now())
    client = Client()
    client.get("/log-in/")
    client.post("/language/", {"language": "en", "next": "/"})
    client.post("/log-in/", {"user_id": resident.user_id})
    client.post("/log-in/way/", {"with": "code_display"})
    client.post("/log-in/code/", {"code": resident.device.code(clock.now())})
    client.post("/log-in/password/", {"password": resident.password})
    assert {getattr(settings, name) for name in COOKIES} <= client.cookies.keys()
    for name in COOKIES:
        cookie = client.cookies[getattr(settings, name)]
        assert (cookie["path"], cookie["domain"], bool(cookie["secure"])) == ("/", "", True), name
