"""A chip in a browser: enrolled at home through the double login, used to log in, and activated with a paper code.

Chromium's own virtual authenticator is the chip (CDP, domain WebAuthn): it is present and touched at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect

from mitid_portal.demo.walkthrough.demo_side import DemoSide
from mitid_portal.demo.walkthrough.demo_side import Person as Persona
from mitid_portal.embedded.system import System
from tests.browser.harness import Person, person
from tests.browser.people import Visitor
from tests.browser.phone import at_the_desk

pytestmark = pytest.mark.browser

CHIP = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "automaticPresenceSimulation": True,
}
PRESS = "main form[data-chip] button[type=submit]"
NEW_PASSWORD = "Regnfang-ved-søen-88"


def citizen_of(demo: DemoSide, place: int) -> Persona:
    return [each for each in demo.people() if each.role == "citizen"][place]


@contextmanager
def chip_in(window: Person) -> Iterator[None]:
    """Have an empty chip in the browser's device."""
    session = window.page.context.new_cdp_session(window.page)
    session.send("WebAuthn.enable", {"enableUI": False})
    session.send("WebAuthn.addVirtualAuthenticator", {"options": CHIP})
    yield
    session.detach()


def make_a_key(citizen: Visitor, address: str) -> None:
    """Press the button that registers the chip, and wait for where it leads.

    Chromium warns whoever does not take RSA keys too; ADR 0096 says why we do not.
    """
    citizen.press(PRESS)
    citizen.window.page.wait_for_url(address)
    citizen.window.page.wait_for_load_state()
    others = [line for line in citizen.window.take_complaints() if "pubKeyCredParams" not in line]
    assert others == []


def log_in_with_the_chip(citizen: Visitor, persona: Persona, *, password: str, path: str = "/profile/") -> None:
    citizen.go(path)
    citizen.send(user_id=persona.user_id or "")
    if not citizen.path.startswith("/log-in/chip/"):
        citizen.press("main form:has(input[name=with][value=chip]) button")
    citizen.press(PRESS)
    citizen.window.page.wait_for_url("**/log-in/password/")
    citizen.send(password=password)


@pytest.mark.parametrize(("language", "place"), [("da", 0), ("en", 1)])
def test_a_chip_from_the_first_login_to_the_block(
    system: System, browser: Browser, demo: DemoSide, language: str, place: int
) -> None:
    persona = citizen_of(demo, place)
    with person(browser, system.address, language=language) as window, chip_in(window):
        citizen = Visitor(window, demo, "chip")
        citizen.speak()
        change = ask_for_the_chip(citizen, persona)
        demo.skip_hours(1)
        citizen.log_in(change, user_id=persona.user_id or "", serial=persona.devices[0], password=persona.password)
        citizen.look("chip-may-be-confirmed")
        citizen.act("confirm")
        citizen.look("chip-confirmed")
        citizen.log_out()
        log_in_with_the_chip(citizen, persona, password=persona.password, path="/authenticators/")
        assert citizen.path == "/authenticators/"
        citizen.look("devices-with-a-chip")
        assert citizen.main("main a[href$='/add/chip/']").count() == 0
        block_the_chip(citizen)


def ask_for_the_chip(citizen: Visitor, persona: Persona) -> str:
    citizen.log_in_as("/authenticators/", persona)
    citizen.look("devices")
    citizen.press("main a[href$='/add/chip/']")
    citizen.look("add-chip")
    make_a_key(citizen, "**/change/*/")
    citizen.look("chip-waits")
    assert not citizen.offers("confirm")
    change = citizen.path
    citizen.go("/authenticators/add/chip/")
    citizen.look("add-chip-pending")
    citizen.log_out()
    return change


def block_the_chip(citizen: Visitor) -> None:
    citizen.press("main a[href*='/chip/'][href$='/block/']")
    citizen.look("block-chip")
    citizen.send(reason="lost_device")
    citizen.window.page.wait_for_url("**/authenticators/stopped/block/")
    citizen.look("chip-blocked")
    citizen.go("/authenticators/")
    assert citizen.path.startswith("/log-in/")


def test_a_browser_that_knows_no_chips_says_so(system: System, browser: Browser, demo: DemoSide) -> None:
    with person(browser, system.address, language="en") as window:
        window.page.add_init_script("delete window.PublicKeyCredential")
        citizen = Visitor(window, demo, "chip-none")
        citizen.speak()
        citizen.go("/activate/chip/")
        citizen.look("activate-chip")
        assert citizen.sees("This browser cannot speak with a chip")
        assert not citizen.main(PRESS).is_visible()


def test_a_chip_and_then_a_password_are_activated_with_papers(system: System, browser: Browser, demo: DemoSide) -> None:
    persona = citizen_of(demo, 2)
    code = at_the_desk(system, "chip-code", persona)
    with person(browser, system.address, language="en") as window, chip_in(window):
        citizen = Visitor(window, demo, "chip-paper")
        citizen.speak()
        citizen.go("/activate/")
        citizen.press("main a[href$='/activate/chip/']")
        citizen.fill(user_id=persona.user_id or "", activation_code=f"{code[:6]}33333333")
        with window.page.expect_navigation():
            citizen.press(PRESS)
        make_sure_of_the_refusal(citizen)
        citizen.fill(activation_code=code)
        make_a_key(citizen, "**/activate/chip/done/")
        citizen.look("activate-chip-done")
        log_in_with_the_chip(citizen, persona, password=persona.password)
        assert citizen.sees(persona.name)
        choose_a_password(citizen, persona, at_the_desk(system, "password-code", persona))
        citizen.go("/profile/")
        assert citizen.path.startswith("/log-in/")
        log_in_with_the_chip(citizen, persona, password=NEW_PASSWORD)
        assert citizen.sees(persona.name)


def make_sure_of_the_refusal(citizen: Visitor) -> None:
    citizen.window.page.wait_for_selector(".error-summary")
    assert all("pubKeyCredParams" in line for line in citizen.window.take_complaints())
    citizen.look("activate-chip-refused")
    assert citizen.main("main [name=user_id]").input_value()


def choose_a_password(citizen: Visitor, persona: Persona, code: str) -> None:
    page = citizen.window.page
    citizen.go("/activate/password/")
    citizen.fill(user_id=persona.user_id or "", activation_code=code)
    rated = citizen.main("[data-password-rating]")
    citizen.fill(password="kort")
    expect(rated).to_contain_text("at least 8")
    citizen.fill(password=NEW_PASSWORD)
    expect(rated).to_have_text("Very hard to guess")
    citizen.press("[data-show-password]")
    assert citizen.main("main [name=password]").get_attribute("type") == "text"
    citizen.look("activate-password-shown")
    citizen.press("main form:has([name=password]) button[type=submit]")
    page.wait_for_url("**/activate/password/done/")
    citizen.look("activate-password-done")
