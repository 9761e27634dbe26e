"""The operators' wing in a real Chromium: axe, widths, policy, console; refreshing; pictures to look at."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from mitid_portal import clock
from notifications.states import Channel
from tests.browser.harness import chromium, person
from tests.factories.registration import logged_in
from tests.notifications.conftest import email_address, sms_address
from tests.registration.operators import a_dead_letter, a_message, an_operator, answered

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, with the ORM allowed in the thread that Playwright uses."""
    with chromium() as browser:
        yield browser


def some_traffic(now):
    for back in range(0, 24 * 60, 7):
        at = now - timedelta(minutes=back)
        answered(at=at, answered_yes=40 + back % 30, failed=back % 5, took_ms_sum=9000, delivered=30, segments=40)
        answered(at=at, provider="smtp", channel=Channel.EMAIL, answered_yes=60, took_ms_sum=4000)
    a_message(sms_address(), now=now)
    a_message(email_address(), now=now)
    old = now - timedelta(hours=5)
    a_message(sms_address(), now=old, attempts=40, failure="twilio_21408", next_attempt_at=now)
    a_message(email_address(), now=old, attempts=40, failure="smtp_refused", next_attempt_at=now)
    for number in range(26):
        a_dead_letter(sms_address(f"+45201000{number:02}"), now=now)


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_operators_wing(live_server: LiveServer, browser: Browser, language: str) -> None:
    """WCAG 2.2 AA at 1280 and 320 px; the numbers refresh by themselves until somebody stops them."""
    now = clock.now()
    operator = an_operator(now=now)
    live = reverse("registration:operations")
    with person(browser, live_server.url, language=language) as someone:
        client = logged_in(operator.who, now=now)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        someone.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": someone.address}]
        )
        someone.go(live)
        someone.look("operations-live-quiet")
        some_traffic(now)
        someone.go(reverse("registration:officer-home"))
        someone.look("operations-home")
        someone.go(live)
        someone.look("operations-live")
        someone.page.locator("summary").first.click()
        given_up = someone.page.locator("[data-cell=given-up]")
        expect(given_up).to_have_text("26")
        a_dead_letter(now=now)
        expect(given_up).to_have_text("27", timeout=30_000)
        someone.page.locator("[data-pause]").click()
        expect(someone.page.locator("[data-resume]")).to_be_focused()
        someone.go(reverse("registration:operations-dead-letters"))
        someone.look("operations-dead-letters")
        someone.page.locator("a[rel=next]").click()
        someone.page.wait_for_selector("a[rel=first]")
        someone.page.locator("main td a").first.click()
        someone.page.locator("main form button[type=submit]").click()
        someone.page.wait_for_selector("[data-module=error-summary]")
        someone.look("operations-resend-refused")
        someone.page.check("[value=provider_repaired]")
        someone.page.locator("main form button[type=submit]").click()
        someone.page.wait_for_selector("table")
        someone.go(reverse("registration:operations-messages"))
        someone.look("operations-messages")
        someone.go(reverse("registration:operations-message", kwargs={"kind": "change_requested", "language": "da"}))
        frame = someone.page.frame_locator("iframe")
        expect(frame.locator("h1")).to_be_visible()
        assert frame.locator("h1").evaluate("element => getComputedStyle(element).fontSize") == "22px"
        someone.look("operations-message")
