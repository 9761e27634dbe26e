"""Every component, field and error page in a real Chromium, in both languages, at both widths."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from playwright.sync_api import Browser, expect

from tests.browser.harness import PICTURES, chromium, person

pytestmark = pytest.mark.browser
ERRORS = ["400", "403", "404", "413", "500", "503", "csrf"]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: a test's output is its failures."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The gallery on a port of its own, with the middleware that needs no database."""
    processors = ["django.template.context_processors.request", "django.template.context_processors.i18n"]
    folders = [settings.BASE_DIR / "templates", Path(__file__).parent / "templates"]
    options = {"context_processors": processors}
    templates = [{**settings.TEMPLATES[0], "DIRS": folders, "OPTIONS": options}]
    with override_settings(
        ROOT_URLCONF="tests.pages.gallery",
        TEMPLATES=templates,
        MIDDLEWARE=[
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "csp.middleware.CSPMiddleware",
            "django.middleware.locale.LocaleMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
    ):
        server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
        server.set_app(get_wsgi_application())
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join(timeout=5)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once for the module."""
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("name", ["components", "form", "backoffice", "sheet"])
def test_page_is_accessible_and_fits(browser: Browser, address: str, name: str, language: str) -> None:
    with person(browser, address, language=language) as visitor:
        assert visitor.go(f"/{name}/").ok
        assert visitor.page.locator("html").get_attribute("lang") == language
        visitor.look(f"gallery-{name}")


@pytest.mark.parametrize("name", ERRORS)
def test_error_page_is_accessible_and_fits(browser: Browser, address: str, name: str) -> None:
    with person(browser, address) as visitor:
        visitor.go(f"/errors/{name}/")
        visitor.look(f"error-{name}")


def test_refused_form_leads_to_each_field(browser: Browser, address: str) -> None:
    with person(browser, address, language="en") as visitor:
        visitor.go("/form/")
        visitor.page.get_by_role("button", name="Fortsæt").click()
        visitor.page.wait_for_load_state()
        assert visitor.page.title().startswith("Error: ")
        visitor.look("gallery-form-refused")
        summary = visitor.page.locator(".error-summary")
        assert summary.evaluate("element => element === document.activeElement")
        links = summary.get_by_role("link")
        assert links.count() == 10
        for number in range(links.count()):
            target = (links.nth(number).get_attribute("href") or "").removeprefix("#")
            links.nth(number).click()
            assert visitor.page.evaluate("document.activeElement.id") == target


def test_language_changes_without_script(browser: Browser, address: str) -> None:
    with person(browser, address, language="da", with_script=False) as visitor:
        visitor.go("/form/?case=7")
        visitor.page.get_by_role("button", name="English").click()
        assert visitor.page.url == f"{address}/form/?case=7"
        assert visitor.page.locator("html").get_attribute("lang") == "en"


def test_keyboard_reaches_the_content_first(browser: Browser, address: str) -> None:
    with person(browser, address) as visitor:
        visitor.go("/components/")
        visitor.page.keyboard.press("Tab")
        assert visitor.page.locator(":focus").get_attribute("href") == "#main-content"
        expect(visitor.page.locator(".skipnav")).to_be_in_viewport(ratio=1)
        visitor.page.keyboard.press("Enter")
        visitor.page.keyboard.press("Tab")
        assert visitor.page.locator(":focus").get_attribute("class") == "back-link d-print-none"


def test_paper_shows_the_sheet_alone(browser: Browser, address: str) -> None:
    with person(browser, address) as visitor:
        visitor.go("/sheet/")
        visitor.page.emulate_media(media="print")
        assert visitor.page.get_by_text("K7MX 4RTP").is_visible()
        for selector in ["header", "footer", ".demo-banner", "h1", "button[data-print]"]:
            assert not visitor.page.locator(selector).first.is_visible(), selector
        visitor.page.screenshot(path=PICTURES / "gallery-sheet-on-paper.png")
