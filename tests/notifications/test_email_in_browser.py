"""The HTML of every e-mail in a real Chromium: axe, 320 and 1280 px, light and dark, and nothing is fetched."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from notifications.preview import previews
from notifications.states import Channel, Language, MessageKind
from tests.browser.harness import Person, chromium

pytestmark = pytest.mark.browser

MAILS = [one for one in previews() if one.channel is Channel.EMAIL]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with chromium() as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", Language)
def test_every_mail_can_be_read_by_everybody(browser, language, scheme):
    page = browser.new_page(color_scheme=scheme)
    reader = Person(page=page, address="", language=language)
    reader.listen()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    shown = [one for one in MAILS if one.language is language]
    for one in shown:
        page.set_content(one.html)
        reader.look(f"email-{one.kind}-{scheme}")
    page.close()
    assert len(shown) == len(MessageKind)
    assert asked == []
