"""The demo's pages in a real Chromium."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from mitid_portal.demo.management.commands.demo_seed import Command
from tests.browser.harness import chromium, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo_mode")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once for the module."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def seeded() -> None:
    """The whole demo, with all its messages delivered."""
    call_command(Command(stdout=StringIO()))
    call_command("deliver_due", stdout=StringIO())


@pytest.mark.usefixtures("seeded")
def test_people_and_messages_are_accessible_and_fit(live_server: LiveServer, browser: Browser) -> None:
    with person(browser, live_server.url, language="da") as visitor:
        visitor.go("/demo/")
        visitor.look("demo-home")
        visitor.page.get_by_role("link", name="+4520100006").click()
        visitor.look("demo-messages-of-one")
        visitor.go("/demo/messages/")
        visitor.look("demo-messages")
    with person(browser, live_server.url, language="en") as visitor:
        visitor.go("/demo/")
        visitor.look("demo-home")


@pytest.mark.usefixtures("seeded")
def test_codes_stay_fresh_and_the_clock_moves(live_server: LiveServer, browser: Browser) -> None:
    with person(browser, live_server.url, language="en") as visitor:
        visitor.go("/demo/")
        code = visitor.page.locator('[data-serial="KV-0900-0006"] [data-code]').first
        before = code.inner_text()
        visitor.page.request.post(f"{live_server.url}/demo/clock", data={"hours": 1})
        expect(code).not_to_have_text(before)
        visitor.page.get_by_role("button", name="Skip one hour").click()
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        assert visitor.page.url == f"{live_server.url}/demo/"
        assert not visitor.take_complaints()


SPEECH_IS_NOTED = """
  window.spoken = [];
  window.speechSynthesis.speak = (words) => window.spoken.push([words.text, words.lang]);
"""


@pytest.mark.usefixtures("seeded")
def test_the_audio_code_reader_speaks_and_shows_what_it_says(live_server: LiveServer, browser: Browser) -> None:
    with person(browser, live_server.url, language="da") as visitor:
        visitor.page.add_init_script(SPEECH_IS_NOTED)
        visitor.go("/demo/")
        reader = visitor.page.locator('[data-serial="LK-0900-0009"]')
        reader.get_by_role("button").click()
        [[text, language]] = visitor.page.evaluate("window.spoken")
        shown = reader.locator("[data-code]").inner_text()
        digits = ", ".join(shown)
        assert (text, language) == (f"{digits}. {digits}.", "da")
        assert visitor.page.locator("[data-speak]").count() == 1


@pytest.mark.usefixtures("seeded")
def test_page_works_without_script(live_server: LiveServer, browser: Browser) -> None:
    with person(browser, live_server.url, language="en", with_script=False) as visitor:
        visitor.go("/demo/")
        visitor.page.get_by_role("button", name="Skip one hour").click()
        visitor.page.get_by_role("link", name="Show fresh codes").click()
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        visitor.page.get_by_role("link", name="All messages").click()
        visitor.page.get_by_label("From the phone").fill("20 10 00 06")
        visitor.page.get_by_label("Text").fill("Hello?")
        visitor.page.get_by_role("button", name="Send").click()
        expect(visitor.page.get_by_text("The text message was sent.")).to_be_visible()
