"""Every page of self-service in a real Chromium: axe, 320 and 1280 px, policy, console; with and without JavaScript."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, expect

from identities.api import ChangeField, ContactKind
from mitid_portal import clock
from tests.browser.harness import Person, chromium, person
from tests.factories.identities import Resident, a_resident, code_sent_to
from tests.factories.selfservice import NEW_PHONE, a_requested_change, log_in, stop_path_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Travel = Callable[..., datetime]
HOUR = timedelta(hours=1)
PUBLIC_PATHS = (
    "/",
    "/activate/",
    "/activate/device/",
    "/activate/chip/",
    "/activate/password/",
    "/activate/device/done/",
    "/activate/device-alone/done/",
    "/authenticators/stopped/suspend/",
    "/block/",
    "/blocked/",
    "/stop/unknown/",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once for the module."""
    with chromium() as running:
        yield running


@pytest.fixture
def resident(travel: Travel) -> Resident:
    """A citizen at the time that the pages have."""
    return a_resident(now=clock.now())


def let_in(window: Person, resident: Resident, *, at: datetime) -> Any:
    """Give a browser window the session of a login."""
    client = Client()
    login = log_in(client, resident.identity_id, at=at)
    cookie: Any = {"name": "mitid_session", "value": client.cookies["mitid_session"].value, "url": window.address}
    window.page.context.add_cookies([cookie])
    return login


@pytest.mark.parametrize("language", ["da", "en"])
def test_pages_open_to_everybody(browser: Browser, live_server: Any, language: str, travel: Travel) -> None:
    with person(browser, live_server.url, language=language) as visitor:
        for path in PUBLIC_PATHS:
            visitor.go(path)
            visitor.look(f"selfservice-public{path.replace('/', '-')}")
        visitor.go("/activate/device/")
        visitor.page.click("main button[type=submit]")
        visitor.look("selfservice-activate-refused")


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_change_from_request_to_done(
    browser: Browser, live_server: Any, language: str, resident: Resident, travel: Travel
) -> None:
    with person(browser, live_server.url, language=language) as citizen:
        let_in(citizen, resident, at=travel())
        for path in (
            "/profile/",
            "/activity/",
            "/change/email/",
            "/change/user-id/",
            "/block/",
            "/block/confirm/",
            "/",
        ):
            citizen.go(path)
            citizen.look(f"selfservice-citizen{path.replace('/', '-')}")
        citizen.go("/change/phone/")
        citizen.page.fill("[name=contact]", "12")
        citizen.page.click("main form button[type=submit]")
        citizen.look("selfservice-change-phone-refused")
        citizen.page.fill("[name=contact]", NEW_PHONE)
        citizen.page.click("main form button[type=submit]")
        citizen.look("selfservice-change-phone-code")
        citizen.page.fill("[name=code]", code_sent_to(owner_id=resident.identity_id, kind=ContactKind.PHONE))
        citizen.page.click("main form button[type=submit]")
        citizen.look("selfservice-change-waits")
        change_path = citizen.page.url.removeprefix(citizen.address)
        citizen.go("/change/phone/")
        citizen.look("selfservice-change-phone-pending")
        citizen.go("/profile/")
        citizen.look("selfservice-profile-pending")
        citizen.go(stop_path_for(resident))
        citizen.look("selfservice-stop")
        let_in(citizen, resident, at=travel(HOUR + timedelta(minutes=1)))
        citizen.go(change_path)
        citizen.look("selfservice-change-ready")
        citizen.page.click("main form:has([value=confirm]) button")
        citizen.look("selfservice-change-done")
        expect(citizen.page.locator("main")).to_contain_text(NEW_PHONE)


def test_a_stopped_change_without_javascript(
    browser: Browser, live_server: Any, resident: Resident, travel: Travel
) -> None:
    now = travel()
    a_requested_change(log_in(Client(), resident.identity_id, at=now), ChangeField.USER_ID, now=now)
    with person(browser, live_server.url, language="en", with_script=False) as holder:
        holder.go(stop_path_for(resident))
        holder.page.click("main form:has([value=stop]) button")
        expect(holder.page.locator("main")).to_contain_text("The change is stopped")
        holder.page.click("main form:has([value=block]) button")
        expect(holder.page.locator("h1")).to_contain_text("blocked")


@pytest.mark.parametrize("language", ["da", "en"])
def test_devices_from_suspension_to_the_apps_code(
    browser: Browser, live_server: Any, language: str, resident: Resident, travel: Travel
) -> None:
    with person(browser, live_server.url, language=language) as citizen:
        let_in(citizen, resident, at=travel())
        for path in ("/authenticators/", "/authenticators/add/app/", "/change/password/"):
            citizen.go(path)
            citizen.look(f"selfservice-citizen{path.replace('/', '-')}")
        citizen.go("/authenticators/")
        citizen.page.click("main a[href$='/resync/']")
        citizen.look("selfservice-resync")
        citizen.page.fill("[name=first_code]", "000000")
        citizen.page.fill("[name=second_code]", "00000")
        citizen.page.click("main form button[type=submit]")
        citizen.look("selfservice-resync-refused")
        citizen.go("/authenticators/")
        citizen.page.click("main a[href$='/suspend/'] >> nth=0")
        citizen.look("selfservice-suspend")
        citizen.page.click("main form button[type=submit]")
        citizen.look("selfservice-suspended")
        let_in(citizen, resident, at=travel(timedelta(minutes=1)))
        citizen.go("/authenticators/")
        citizen.look("selfservice-authenticators-suspended")
        citizen.page.click("main a[href$='/reopen/']")
        citizen.look("selfservice-reopen")
        citizen.page.click("main form button[type=submit]")
        citizen.look("selfservice-reopening-waits")
        citizen.go("/authenticators/add/app/")
        citizen.page.click("main form button[type=submit]")
        change_path = citizen.page.url.removeprefix(citizen.address)
        let_in(citizen, resident, at=travel(HOUR + timedelta(minutes=1)))
        citizen.go(change_path)
        citizen.page.click("main form:has([value=confirm]) button")
        expect(citizen.page.locator("[data-activation-code]")).to_have_text(re.compile(r"^(\w{3} ){2}\w{4} \w{4}$"))
        citizen.look("selfservice-app-code")


def test_guessability_is_shown_while_typing(
    browser: Browser, live_server: Any, resident: Resident, travel: Travel
) -> None:
    with person(browser, live_server.url, language="en") as citizen:
        let_in(citizen, resident, at=travel())
        citizen.go("/change/user-id/")
        shown = citizen.page.locator("[data-guessability]")
        citizen.page.locator("[name=user_id]").press_sequentially("12345")
        expect(shown).to_have_text("Guessed at once")
        citizen.page.locator("[name=user_id]").fill("havørn 4 klit kvist ")
        expect(shown).to_have_text("Very hard to guess")
        citizen.look("selfservice-change-user-id-rated")
