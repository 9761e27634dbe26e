"""Every page of the auditors' wing in a real Chromium: axe, widths, policy, console; pictures to look at."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer
from uuid_utils.compat import uuid7

from audit.api import Actor, EventKind
from mitid_portal import clock
from tests.browser.harness import chromium, person
from tests.factories.registration import a_clerk, logged_in
from tests.registration.auditors import an_auditor, happened, newest_id, of_officer, sealed, verified

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, with the ORM allowed in the thread that Playwright uses."""
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_auditors_wing(live_server: LiveServer, browser: Browser, language: str) -> None:
    """WCAG 2.2 AA at 1280 and 320 px."""
    now, subject = clock.now(), uuid7()
    auditor, clerk = an_auditor(now=now), a_clerk(now=now)
    facts = {"case": uuid7(), "reason": "name_differs", "level": None}
    for _ in range(24):
        happened(at=now, subject=subject, actor=Actor.citizen(subject), facts={"door": "portal"})
    happened(at=now, subject=subject, actor=of_officer(clerk), kind=EventKind.EVIDENCE_REFUSED, facts=facts)
    happened(at=now, actor=Actor.visitor(), kind=EventKind.LOGIN_REFUSED, facts={"reason": "not_accepted"})
    log, seals = reverse("registration:log"), reverse("registration:log-seals")
    with person(browser, live_server.url, language=language) as someone:
        client = logged_in(auditor.who, now=now)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        someone.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": someone.address}]
        )
        someone.go(seals)
        someone.look("auditor-seals-none")
        sealed(number=1, last_id=newest_id() - 3, at=now, rows=newest_id() - 3)
        sealed(number=2, last_id=newest_id() - 1, at=now, rows=2)
        verified(at=now - timedelta(days=1))
        verified(at=now, findings=2)
        someone.go(reverse("registration:officer-home"))
        someone.look("auditor-home")
        someone.go(log)
        someone.look("auditor-log-form")
        someone.page.fill("[name=subject]", "not a reference")
        someone.page.fill("[name=since]", "2026-03-29T02:30")
        someone.page.locator("main form button[type=submit]").click()
        someone.look("auditor-log-refused")
        assert someone.page.input_value("[name=subject]") == "not a reference"
        someone.go(log)
        someone.page.locator("main form button[type=submit]").click()
        someone.page.wait_for_selector("table")
        someone.look("auditor-log-found")
        someone.page.locator("a[rel=next]").click()
        someone.page.wait_for_selector("a[rel=first]")
        someone.page.locator(f"main a[href$='subject={subject}']").first.click()
        someone.page.wait_for_load_state()
        assert someone.page.input_value("[name=subject]") == str(subject)
        someone.page.locator("main td a").first.click()
        someone.page.wait_for_selector(".summary-list")
        someone.look("auditor-event")
        someone.go(seals)
        someone.look("auditor-seals-findings")
