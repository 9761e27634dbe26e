"""Pages that are made once are what each visitor's own would be (docs/decisions/0135)."""

import re

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import Client

from authentication.views import alike
from mitid_portal import clock
from tests.factories.apps import an_app
from tests.factories.identities import a_resident

pytestmark = pytest.mark.django_db

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w{64})"')
ADDRESSES = [
    "/log-in/",
    "/log-in/?ended=1",
    "/log-in/?level=high&next=/security/",
    "/log-in/backoffice/",
    "/log-in/app/",
    "/log-in/app/?busy=1",
    "/log-in/code/",
    "/log-in/chip/",
    "/log-in/password/",
]


@pytest.fixture(autouse=True)
def nothing_made(monkeypatch):
    monkeypatch.setattr(alike, "_made", {})


@pytest.fixture
def someone():
    resident = a_resident(now=clock.now())
    an_app(resident, now=clock.now())
    return resident


def a_visitor(someone, language="da"):
    client = Client(headers={"accept-language": language})
    client.post("/log-in/", {"user_id": someone.user_id})
    return client


def without_what_is_fresh(page):
    text = TOKEN.sub(b"TOKEN", page.content)
    return re.sub(rb'data-options="[^"]*"', b"OPTIONS", text)


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_what_was_made_for_all_is_what_would_be_made_for_each(someone, settings, address, language):
    visitor = a_visitor(someone, language)
    first, second = visitor.get(address), visitor.get(address)
    settings.DEBUG = True  # then each page is made for its visitor
    own = visitor.get(address)
    assert type(own) is not alike.AlikeResponse
    assert type(first) is type(second) is alike.AlikeResponse
    assert without_what_is_fresh(first) == without_what_is_fresh(second) == without_what_is_fresh(own)


def test_each_visitor_gets_a_token_of_their_own(someone):
    tokens = {TOKEN.findall(a_visitor(someone).get("/log-in/").content)[0] for _ in range(3)}
    assert len(tokens) == 3


def test_nothing_that_a_visitor_brought_is_kept(someone):
    """What is kept is one text a page, however many addresses and people there are."""
    for number in range(4):
        visitor = a_visitor(someone)
        page = visitor.get(f'/log-in/?next=/{number}"><b>')
        assert f"/{number}%22%3E%3Cb%3E".encode() in page.content
        visitor.get("/log-in/app/")
    assert len(alike._made) <= 3
    kept = "".join("".join(pieces[::2]) for pieces in alike._made.values())
    assert "next=" not in kept
    assert "svg+xml;base64" not in kept
    assert not TOKEN.search(kept.encode())


def test_a_hole_in_what_a_visitor_sends_is_no_hole(someone):
    page = a_visitor(someone).get("/log-in/?next=\ue000csrf_token\ue001")
    assert len(TOKEN.findall(page.content)) == 2  # of the two forms


def test_words_for_one_visitor_are_for_that_one_alone(someone):
    client = Client()
    kept = CookieStorage(HttpRequest())
    client.cookies["messages"] = kept._encode([Message(constants.INFO, "Noget særligt")])
    told, again = client.get("/log-in/"), Client().get("/log-in/")
    assert "Noget særligt" in told.content.decode()
    assert "Noget særligt" not in again.content.decode()


def test_a_form_that_was_sent_is_shown_to_its_sender_alone(someone):
    visitor = a_visitor(someone)
    wrong = visitor.post("/log-in/code/", {"code": "12"})
    assert wrong.status_code == 422
    assert wrong.content.count(b"error-summary") > 0
    assert b"error-summary" not in a_visitor(someone).get("/log-in/code/").content


def test_who_is_logged_in_sees_their_own_frame(someone):
    client = a_visitor(someone)
    client.post("/log-in/code/", {"code": someone.device.code(clock.now())})
    client.post("/log-in/password/", {"password": someone.password})
    assert b'action="/log-out/"' in client.get("/log-in/").content
    assert b'action="/log-out/"' not in Client().get("/log-in/").content


def test_another_brand_is_another_page(settings):
    before = Client().get("/log-in/").content.decode()
    settings.BRAND_NAME = "Ellers"
    assert "Ellers" in Client().get("/log-in/").content.decode()
    assert "Ellers" not in before
