"""The app on a phone beside a browser on a computer: set up, approve, reject, copy, offline, blocked.

Every screen that is met is looked at: axe, 320 and 1280 px, console, content security policy.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from mitid_portal.demo.walkthrough.demo_side import Person as Persona
from tests.browser.harness import Person, chromium, person
from tests.browser.people import Visitor
from tests.browser.phone import (
    FILES_KEPT,
    KEPT_ON_THE_PHONE,
    PIN,
    Desk,
    Phone,
    ask_the_app,
    citizens,
    is_let_in,
    name_of,
    show,
    squares_of,
    squares_of_picture,
    squares_shown,
)

pytestmark = pytest.mark.browser

OTHER_PIN = "734092"


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """What the phones' cameras see."""
    folder: Path = tmp_path_factory.mktemp("camera")
    return folder / "film.y4m"


@pytest.fixture(scope="module")
def browser(film: Path) -> Iterator[Browser]:
    """Debian's Chromium with a camera that shows the film."""
    flags = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    with chromium(*flags) as running:
        yield running


@pytest.mark.parametrize(("language", "place"), [("da", 0), ("en", 1)])
def test_set_up_and_approve_in_every_way(system, browser, demo, desk, film, language, place):
    owner = citizens(demo)[place]
    with (
        person(browser, system.address, language=language) as computer_window,
        person(browser, system.address, language=language, may_use=["camera"]) as phone_window,
    ):
        computer = Visitor(computer_window, demo, "app-computer")
        phone = Phone(phone_window, demo)
        computer.speak()
        phone.speak()

        set_up(phone, owner, desk.code(owner))
        scan_and_swipe(computer, phone, owner, film)
        type_the_short_code(computer, phone, owner)
        reject_what_waits(computer, phone, owner)
        read_alerts(phone, owner)
        approve_on_the_same_phone(phone, owner)
        block_this_app(phone, owner)


def set_up(phone: Phone, owner: Persona, code: str) -> None:
    phone.look("people-none")
    phone.press("add")
    phone.look("enrol")
    phone.demo.listen(owner.phone)
    phone.send(user_id=name_of(owner), activation_code=code)
    phone.sees("enrol-pin")
    phone.look("enrol-pin")
    temporary = phone.temporary_pin_of(owner)
    phone.send(temporary_pin=temporary, pin=PIN, pin_again=OTHER_PIN)
    phone.told()
    assert phone.part("main [name=pin]").input_value() == ""
    phone.send(temporary_pin=temporary, pin="123456", pin_again="123456")
    phone.told()
    phone.look("enrol-pin-refused")
    phone.send(temporary_pin=temporary, pin=PIN, pin_again=PIN)
    phone.sees("enrolled", name_of(owner))
    phone.look("enrolled")
    assert phone.window.page.evaluate(KEPT_ON_THE_PHONE) == {
        "fields": ["appId", "language", "level", "privateKey", "userId"],
        "extractable": False,  # no script can carry the key off
        "usages": ["sign"],
        "elsewhere": 0,
    }
    phone.press("on")
    phone.sees("locked", name_of(owner))
    phone.look("locked")


def scan_and_swipe(computer: Visitor, phone: Phone, owner: Persona, film: Path) -> None:
    show(squares_of("https://example.org/not-ours"), film)
    phone.start(owner)
    phone.press("scan")
    phone.sees("scan")
    phone.part("main [data-part=other]").wait_for()
    phone.look("scan")
    phone.press("back")
    phone.sees("locked")
    ask_the_app(computer, owner)
    show(squares_of_picture(computer.main("main img.qr-code")), film)
    computer.look("waits")
    phone.press("scan")
    phone.sees("request", name_of(owner))
    phone.look("request")
    phone.fill(pin=PIN)
    swipe = phone.part("main input[type=range]")
    box = swipe.bounding_box()
    assert box
    mouse = phone.window.page.mouse
    mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)  # a tap at the end is no swipe
    phone.sees("request")
    assert swipe.input_value() == "0"
    mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"], box["y"] + box["height"] / 2, steps=20)
    mouse.up()
    phone.sees("approved")
    phone.look("approved")
    is_let_in(computer)


def type_the_short_code(computer: Visitor, phone: Phone, owner: Persona) -> None:
    ask_the_app(computer, owner)
    code = computer.main("main .short-code").inner_text()
    phone.press("on")
    phone.press("type")
    phone.sees("short-code")
    phone.send(short_code="AAAA AAAA")
    phone.told()
    phone.look("short-code-refused")
    phone.send(short_code=code.lower())
    phone.sees("request")
    phone.send(pin=OTHER_PIN)
    phone.told()
    assert phone.part("main [name=pin]").input_value() == ""
    phone.look("request-wrong-pin")
    phone.fill(pin=PIN)
    swipe = phone.part("main input[type=range]")
    swipe.press("End")  # the swipe by keyboard
    phone.sees("approved")
    is_let_in(computer)


def reject_what_waits(computer: Visitor, phone: Phone, owner: Persona) -> None:
    ask_the_app(computer, owner)
    phone.unlock(owner)
    phone.part("main [data-part=list] [data-cell=open]").click()
    phone.sees("request-unbound")
    phone.demo.skip_hours(1)
    phone.press("reject")
    phone.sees("over")
    phone.look("over")
    computer.window.page.wait_for_url("**/log-in/")
    ask_the_app(computer, owner)
    phone.unlock(owner)
    phone.look("home")
    phone.press("openingCode")
    phone.part("main [data-part=made]").wait_for()
    phone.look("opening-code")
    phone.press("back")
    phone.part("main [data-part=list] [data-cell=open]").click()
    phone.sees("request-unbound")
    phone.look("request-unbound")
    phone.press("reject")
    phone.sees("rejected")
    phone.look("rejected")
    computer.window.page.wait_for_url("**/log-in/")
    computer.look("rejected")


def read_alerts(phone: Phone, owner: Persona) -> None:
    phone.unlock(owner)
    phone.press("inbox")
    phone.sees("inbox")
    unread = phone.part("main [data-cell=unread]:visible")
    unread.first.wait_for()
    before = unread.count()
    phone.part("main summary").first.click()
    phone.look("inbox")
    assert unread.count() == before - 1


def approve_on_the_same_phone(phone: Phone, owner: Persona) -> None:
    """The log-in page and the app are two tabs of one browser."""
    visitor = Visitor(phone.window, phone.demo, phone.prefix)
    ask_the_app(visitor, owner)
    log_in_page = phone.window.page
    with log_in_page.context.expect_page() as opened:
        visitor.press("main a[href*='/app/#b=']")
    phone.window.page = opened.value
    phone.window.listen()
    phone.sees("request", name_of(owner))
    assert "#" not in phone.window.page.url
    phone.send(pin=PIN)
    phone.sees("approved")
    log_in_page.wait_for_url("**/profile/")


def block_this_app(phone: Phone, owner: Persona) -> None:
    phone.unlock(owner)
    phone.press("block")
    phone.sees("block", name_of(owner))
    phone.look("block")
    phone.send()
    phone.sees("blocked")
    phone.look("blocked")
    phone.press("on")
    phone.sees("people")
    assert phone.part("main [data-cell=open]").count() == 0


def test_two_people_on_one_phone(system, browser, demo, desk):
    first, second = citizens(demo)[2:4]
    with (
        person(browser, system.address, language="da") as computer_window,
        person(browser, system.address, language="en") as phone_window,
    ):
        computer, phone = Visitor(computer_window, demo, "app-computer"), Phone(phone_window, demo)
        phone.open()
        assert page_language(phone) == "en"
        for owner, pin in ((first, PIN), (second, OTHER_PIN)):
            phone.sees("people")
            phone.set_up(owner, desk.code_on_screen(owner), pin=pin)
            if owner is first:
                phone.press("on")  # nobody chose a language on this phone, so the app follows its first owner
                phone.part("html[lang=da]").wait_for()
            phone.open()
        assert page_language(phone) == "da"
        phone.sees("people", first.user_id, second.user_id)
        phone.look("people-two")
        link = ask_the_app(computer, second)
        phone.open(link)
        phone.sees("people")
        phone.look("people-who-approves")
        phone.part("main [data-cell=open]").filter(has_text=first.user_id).click()
        phone.sees("short-code")
        assert phone.told()  # the request is not theirs, and they learn nothing of it
        phone.open(link)
        phone.part("main [data-cell=open]").filter(has_text=second.user_id).click()
        phone.sees("request-unbound", second.user_id)
        phone.press("type")
        phone.send(short_code=computer.main("main .short-code").inner_text())
        phone.sees("request", second.user_id)
        phone.send(pin=PIN)
        phone.told()  # the other one's PIN
        phone.send(pin=OTHER_PIN)
        phone.sees("approved")
        is_let_in(computer)
        stopped_elsewhere(desk, phone, second)


def page_language(phone: Phone) -> str | None:
    return phone.part("html").get_attribute("lang")


def stopped_elsewhere(desk: Desk, phone: Phone, owner: Persona) -> None:
    phone.start(owner)
    for _ in range(3):
        phone.send(pin="909090")
        phone.told()
    phone.look("paused")
    phone.start(owner)
    phone.part("main [data-part=state]").wait_for()
    desk.block_apps(owner)
    phone.start(owner)
    phone.part("main [data-part=ended]").wait_for()
    phone.look("ended")
    phone.press("remove")
    phone.sees("people")
    assert phone.part("main [data-cell=open]").count() == 1


def test_copy_to_a_new_phone_after_an_hour(system, browser, demo, desk, film):
    owner = citizens(demo)[2]
    demo.skip_hours(1)
    with (
        person(browser, system.address, language="en", may_use=["camera"]) as old_window,
        person(browser, system.address, language="en", may_use=["camera"]) as new_window,
    ):
        old, new = Phone(old_window, demo, "app-old"), Phone(new_window, demo, "app-new")
        for phone in (old, new):
            phone.speak()
        old.set_up(owner, desk.code_on_screen(owner))
        old.press("on")
        old.unlock(owner)
        old.press("copy")
        old.sees("copy")
        old.part("main [data-part=nothing]").wait_for()
        old.look("copy")
        old.press("ask")
        old.sees("copy-waits")
        old.press("stop")
        old.sees("home")
        old.press("copy")
        old.press("ask")
        old.sees("copy-waits")
        old.look("copy-waits")
        old.send(pin=PIN)
        assert "hour" in old.told()
        demo.skip_hours(1)
        old.press("back")
        old.sees("locked")  # ten minutes idle are over
        old.told()
        old.send(pin=PIN)
        old.press("copy")
        old.sees("copy-waits")
        old.send(pin=PIN)
        old.sees("copy-ticket")
        old.look("copy-ticket")
        show(squares_shown(old.part("main [data-part=code] svg")), film)
        new.press("copy")
        new.sees("enrol-copy")
        new.look("enrol-copy")
        demo.listen(owner.phone)
        new.send(user_id=name_of(owner))
        new.sees("enrol-pin")
        new.send(temporary_pin=new.temporary_pin_of(owner), pin=OTHER_PIN, pin_again=OTHER_PIN)
        new.sees("enrolled")
        new.press("on")
        new.unlock(owner, OTHER_PIN)


def test_without_camera_and_without_connection(system, browser, demo):
    owner = citizens(demo)[2]
    with person(browser, system.address, language="en") as window:
        phone = Phone(window, demo)
        phone.speak()
        phone.press("copy")
        phone.sees("scan-copy")
        phone.part("main [data-part=noCamera]").wait_for()
        phone.look("scan-no-camera")
        phone.open()
        phone.sees("people")
        kept_files(window)
        window.page.context.set_offline(True)
        window.page.reload()
        phone.sees("people")
        phone.part("#offline").wait_for()
        phone.look("offline")
        phone.press("add")
        phone.send(user_id=name_of(owner), activation_code="AAA-AAA-AAAA-AAAA")
        phone.told()
        assert all("ERR_INTERNET_DISCONNECTED" in line for line in window.take_complaints())
        phone.look("offline-told")
        window.page.context.set_offline(False)
        phone.part("#offline").wait_for(state="hidden")
        phone.send()
        phone.sees("enrol-pin")


def kept_files(window: Person) -> None:
    """Wait until the phone has kept the page and its files, and see that it kept nothing else."""
    is_main = "(path) => path.includes('/app/main')"
    window.page.wait_for_function(f"async () => (await ({FILES_KEPT})()).some({is_main})")
    kept = window.page.evaluate(FILES_KEPT)
    assert "/app/" in kept
    assert not [path for path in kept if path != "/app/" and not path.startswith("/static/")]
