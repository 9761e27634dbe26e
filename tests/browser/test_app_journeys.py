"""The app: links that somebody else sent, the phone's back button, an inbox of many pages, a step up to HIGH."""

import re

import pytest

from mitid_portal.demo.walkthrough.demo_side import Person as Persona
from tests.browser.harness import person
from tests.browser.people import Visitor
from tests.browser.phone import PIN, Desk, Phone, ask_the_app, citizens, is_let_in, name_of

pytestmark = pytest.mark.browser

A_PAGE = 20


def phone_of(phone: Phone, desk: Desk, owner: Persona, *, on_paper: bool = False) -> None:
    phone.speak()
    phone.set_up(owner, desk.code(owner) if on_paper else desk.code_on_screen(owner))
    phone.press("on")
    phone.sees("locked")


@pytest.mark.parametrize(("language", "place"), [("da", 0), ("en", 1)])
def test_apr_4_a_forwarded_link_opens_the_app_unbound(system, browser, demo, desk, language, place):
    """APR-4: the thief's computer asks, and sends the victim its button's address, then its QR code's."""
    owner = citizens(demo)[place]
    with (
        person(browser, system.address, language=language) as thief_window,
        person(browser, system.address, language=language) as window,
    ):
        thief, phone = Visitor(thief_window, demo, "app-thief"), Phone(window, demo, "app-victim")
        thief.speak()
        phone_of(phone, desk, owner)
        link = ask_the_app(thief, owner)
        for way_in in ("from elsewhere", "into the open app"):
            if way_in == "from elsewhere":
                window.page.goto("about:blank")
            phone.open(link)
            phone.sees("request-unbound", name_of(owner))
            phone.part("main [data-part=byLink]").wait_for()
            assert phone.part("main [name=pin]").count() == 0
            assert "#" not in window.page.url
        phone.look("link-unbound")
        phone.open(link.replace("#b=", "#q="))  # as if it were the QR code's
        assert phone.told()
        phone.sees("short-code")
        forged = {"requestId": link[8:44], "until": 9e15}  # what another page of this origin might have left
        window.page.evaluate("(note) => localStorage.setItem('app-button', JSON.stringify(note))", forged)
        phone.open(link)
        phone.sees("request-unbound")
        assert window.page.evaluate("() => localStorage.length") == 0
        phone.press("reject")
        phone.sees("rejected")
        thief.window.page.wait_for_url("**/log-in/")


def test_apr_4_the_log_in_pages_own_button_binds_once(system, browser, demo, desk):
    """APR-4: the note that the press left is for one opening."""
    owner = citizens(demo)[2]
    with person(browser, system.address, language="en") as window:
        phone = Phone(window, demo, "app-button")
        phone_of(phone, desk, owner)
        visitor = Visitor(window, demo, "app-button")
        link = ask_the_app(visitor, owner)
        log_in_page = window.page
        with log_in_page.context.expect_page() as opened:
            log_in_page.locator("main a[data-request]").focus()
            log_in_page.keyboard.press("Enter")
        window.page = opened.value
        window.listen()
        phone.sees("request", name_of(owner))
        phone.open(link)
        phone.sees("request-unbound")
        with log_in_page.context.expect_page() as opened_again:
            log_in_page.locator("main a[data-request]").click(button="middle")
        window.page = opened_again.value
        window.listen()
        phone.sees("request", name_of(owner))
        phone.send(pin=PIN)
        phone.sees("approved")
        log_in_page.wait_for_url("**/profile/")


def test_the_phones_back_button_leads_where_the_screens_own_leads(system, browser, demo, desk):
    owner = citizens(demo)[3]
    with (
        person(browser, system.address, language="en") as computer_window,
        person(browser, system.address, language="en") as window,
    ):
        computer, phone = Visitor(computer_window, demo, "app-computer"), Phone(window, demo, "app-back")
        phone_of(phone, desk, owner)
        phone.unlock(owner)
        for inner in ("inbox", "openingCode", "copy", "block"):
            phone.press(inner)
            phone.part("main[data-name=home]").wait_for(state="detached")
            window.page.go_back()
            phone.sees("home")
        ask_the_app(computer, owner)
        phone.press("type")
        phone.sees("short-code")
        phone.send(short_code=computer.main("main .short-code").inner_text())
        phone.sees("request")
        skip_to_the_content(phone)
        window.page.go_back()  # decides nothing
        phone.sees("home")
        phone.part("main [data-part=list] [data-cell=open]").click()
        phone.sees("request-unbound")
        phone.press("reject")
        phone.sees("rejected")
        window.page.go_back()
        phone.sees("home")
        window.page.go_back()  # as "Log out"
        phone.sees("people")
        window.page.wait_for_function("() => history.state === null")
        window.page.evaluate("() => { window.isStillHere = true; }")
        window.page.go_back()
        window.page.wait_for_function("() => !window.isStillHere")  # what was open before the app


def skip_to_the_content(phone: Phone) -> None:
    phone.part(".skipnav").focus()
    phone.window.page.keyboard.press("Enter")
    assert phone.window.page.evaluate("() => document.activeElement.id") == "screen"
    phone.sees("request")


def test_alr_1_older_alerts_are_shown_page_by_page(system, browser, demo, desk):
    """ALR-1."""
    owner = citizens(demo)[2]
    with person(browser, system.address, language="en") as window:
        phone = Phone(window, demo, "app-inbox")
        phone_of(phone, desk, owner)
        desk.alert(owner)
        phone.unlock(owner)
        phone.press("inbox")
        rows = phone.part("main details")
        older = phone.part("main [data-part=older]")
        older.wait_for()
        assert rows.count() == A_PAGE
        phone.look("first-page")
        older.click()
        window.page.wait_for_function(f"() => document.querySelectorAll('main details').length > {A_PAGE}")
        focused = "() => [...document.querySelectorAll('main summary')].indexOf(document.activeElement)"
        window.page.wait_for_function(f"() => ({focused})() === {A_PAGE}")  # the first that is new
        assert older.is_hidden()
        phone.look("all")


def test_lvl_2_a_page_that_needs_high_is_reached_with_an_app_from_paper_only(system, browser, demo, desk):
    """LVL-2, TRY-3: by an app of SUBSTANTIAL one stays outside, and is told what is needed."""
    owner = citizens(demo)[3]
    with (
        person(browser, system.address, language="en") as computer_window,
        person(browser, system.address, language="en") as low_window,
        person(browser, system.address, language="en") as high_window,
    ):
        computer = Visitor(computer_window, demo, "step-up")
        low, high = Phone(low_window, demo, "app-low"), Phone(high_window, demo, "app-high")
        computer.speak()
        phone_of(high, desk, owner, on_paper=True)
        phone_of(low, desk, owner)
        door = "/log-in/?level=high&next=/activity/"
        computer.go(door)
        computer.look("asked")
        approve(computer, low, owner, door)
        computer.window.page.wait_for_url(re.compile("/log-in/$"))
        computer.look("refused")
        assert "higher level" in computer.main("main").inner_text()
        approve(computer, high, owner, door)
        computer.window.page.wait_for_url("**/activity/")
        computer.go("/profile/")
        is_let_in(computer)


def approve(computer: Visitor, phone: Phone, owner: Persona, door: str) -> None:
    ask_the_app(computer, owner, door=door)
    assert computer.main("main form:has(input[name=with]) button").count() == 1  # the chip; no code reaches HIGH
    phone.start(owner)
    phone.press("type")
    phone.send(short_code=computer.main("main .short-code").inner_text())
    phone.sees("request")
    assert "High" in phone.text_of("level")
    phone.send(pin=PIN)
    phone.sees("approved")


def test_apr_5_a_second_request_is_refused_and_its_owner_told(system, browser, demo, desk):
    """APR-5, ALR-2: by worker and beat, as it runs."""
    owner = citizens(demo)[1]
    with (
        person(browser, system.address, language="en") as stranger_window,
        person(browser, system.address, language="en") as window,
    ):
        stranger, visitor = Visitor(stranger_window, demo, "app-stranger"), Visitor(window, demo, "app-busy")
        demo.skip_hours(1)
        visitor.speak()
        ask_the_app(stranger, owner)
        demo.listen(owner.phone)
        visitor.go("/profile/")
        visitor.send(user_id=name_of(owner))
        if not visitor.path.startswith("/log-in/app/"):
            visitor.press("main form:has(input[name=with][value=app]) button")
        visitor.main("main [name=opening_code]").wait_for()
        visitor.look("taken")
        assert demo.next_message(owner.phone).text
