"""The whole story in a browser: a passport becomes an identity, a change takes two logins, support blocks.

Every page that is met is looked at: axe, 320 and 1280 px, console, content security policy.
"""

import re

import pytest

from tests.browser.harness import person
from tests.browser.people import Visitor

pytestmark = pytest.mark.browser

NEW_PHONE = {"da": "+4528112233", "en": "+4528112234"}
NEW_EMAIL = {"da": "ny.adresse@example.dk", "en": "new.address@example.dk"}


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_whole_story(system, browser, demo, language):
    applicant = demo.one("applicant")
    clerk_persona, agent_persona = demo.one("clerk"), demo.one("support")
    with (
        person(browser, system.address, language=language) as clerk_window,
        person(browser, system.address, language=language) as citizen_window,
        person(browser, system.address, language=language) as agent_window,
    ):
        clerk = Visitor(clerk_window, demo, "clerk")
        citizen = Visitor(citizen_window, demo, "citizen")
        agent = Visitor(agent_window, demo, "support")
        for visitor in (clerk, citizen, agent):
            visitor.speak()

        sheet = issue_identity(clerk, clerk_persona, applicant, language)
        activate(citizen, applicant, sheet)
        change = ask_for_a_new_phone(citizen, applicant, sheet.serial, NEW_PHONE[language])
        confirm_after_the_hour(citizen, applicant, sheet.serial, change, NEW_PHONE[language])
        stop_by_sms(citizen, applicant, NEW_EMAIL[language], NEW_PHONE[language])
        stop_by_email(citizen, applicant, browser, language)
        block_by_support(agent, agent_persona, applicant, NEW_PHONE[language])
        assert_shut_out(citizen, applicant, sheet.serial)
        reopen_in_person(clerk, clerk_persona, applicant)
        citizen.log_in("/profile/", user_id=applicant.chosen_user_id, serial=sheet.serial, password=applicant.password)
        assert citizen.path == "/profile/"


class Sheet:
    """What the clerk hands over: a device and a paper."""

    def __init__(self, serial: str, code: str) -> None:
        self.serial, self.code = serial, code


def issue_identity(clerk: Visitor, officer, applicant, language) -> Sheet:
    clerk.log_in_as("/backoffice/", officer, is_looking=True)
    assert clerk.path == "/backoffice/"
    clerk.look("home")
    prove(clerk, applicant, "issue", language)
    for kind, address in (("phone", applicant.phone), ("email", applicant.email)):
        clerk.demo.listen(address)
        clerk.press(f"main a[href*='/contacts/{kind}/']")
        clerk.look(f"contact-{kind}")
        clerk.send(value=address)
        clerk.look(f"contact-{kind}-code")
        clerk.send(code=clerk.code_sent_to(address))
    clerk.look("contacts")
    clerk.press("main a.button-primary")
    clerk.look("issue")
    clerk.send(user_id="x")
    clerk.look("issue-refused")
    clerk.send(user_id=applicant.chosen_user_id)
    if "/device/" not in clerk.path:
        clerk.look("case-issued")
        clerk.press("main a.button-primary")
    clerk.look("device")
    found = re.search(r"KV-[0-9]{4}-[0-9]{4}", clerk.main("main").inner_text())
    assert found
    clerk.send(serial=found.group())
    clerk.look("sheet")
    return Sheet(found.group(), clerk.main("[data-activation-code]").inner_text().strip())


def prove(clerk: Visitor, applicant, purpose: str, language: str) -> None:
    clerk.go("/backoffice/cases/")
    clerk.look(f"{purpose}-cases")
    clerk.press("main a.button-primary")
    clerk.look(f"{purpose}-case-new")
    clerk.send(purpose=purpose, language=language)
    clerk.look(f"{purpose}-person")
    clerk.send(cpr_number=applicant.cpr_number)
    clerk.look(f"{purpose}-passport")
    first, second = applicant.passport_mrz
    clerk.send(line_1=first, line_2=second[:-1] + ("0" if second[-1] != "0" else "1"), is_photo_compared="on")
    clerk.look(f"{purpose}-passport-refused")
    clerk.fill(line_1=first, line_2=second)
    clerk.press("main form:has([name=line_1]) button[type=submit]")
    clerk.look(f"{purpose}-questions")
    clerk.press("main form button[type=submit]")
    for place in range(3):
        if place == 0:
            clerk.look(f"{purpose}-question")
        clerk.send(was_right="yes")
    clerk.look(f"{purpose}-questions-answered")
    clerk.go("/".join(clerk.path.split("/")[:4]) + "/")
    clerk.look(f"{purpose}-case")
    clerk.press("main a.button-primary")


def activate(citizen: Visitor, applicant, sheet: Sheet) -> None:
    citizen.go("/activate/")
    citizen.look("activate")
    citizen.press("main a[href='/activate/device/']")
    citizen.look("activate-device")
    answers = {
        "user_id": applicant.chosen_user_id,
        "activation_code": sheet.code,
        "device_code": citizen.demo.fresh_code(sheet.serial),
        "password": applicant.password,
        "password_again": applicant.password,
    }
    citizen.send(**answers | {"password": "12345678", "password_again": "12345678"})
    citizen.look("activate-refused")
    assert citizen.main("main [name=user_id]").input_value() == applicant.chosen_user_id
    citizen.send(**answers)
    assert citizen.path == "/activate/device/done/"
    citizen.look("activated")


def ask_for_a_new_phone(citizen: Visitor, applicant, serial: str, phone: str) -> str:
    citizen.log_in(
        "/profile/",
        user_id=applicant.chosen_user_id,
        serial=serial,
        password=applicant.password,
        is_looking=True,
    )
    assert citizen.sees(applicant.name)
    citizen.look("profile")
    citizen.demo.listen(applicant.phone, applicant.email, phone)
    citizen.press("main a[href='/change/phone/']")
    citizen.look("change-phone")
    citizen.send(contact="not a phone")
    citizen.look("change-phone-refused")
    citizen.send(contact=phone)
    citizen.look("change-phone-code")
    citizen.send(code=citizen.code_sent_to(phone))
    citizen.look("change-waits")
    assert citizen.offers("cancel")
    for address in (applicant.phone, applicant.email):
        alert = citizen.demo.next_message(address, "NO ", "/stop/")
        assert phone not in alert.text
    assert not citizen.offers("confirm")
    change = citizen.path
    citizen.go("/profile/")
    citizen.look("profile-with-a-change")
    return change


def confirm_after_the_hour(citizen: Visitor, applicant, serial: str, change: str, phone: str) -> None:
    citizen.demo.skip_hours(1)
    citizen.log_in(change, user_id=applicant.chosen_user_id, serial=serial, password=applicant.password)
    assert citizen.path == change
    citizen.look("change-may-be-confirmed")
    citizen.demo.listen(applicant.phone, applicant.email, phone)
    citizen.act("confirm")
    citizen.look("change-done")
    for address in (applicant.phone, applicant.email, phone):
        assert phone not in citizen.demo.next_message(address).text
    citizen.go("/activity/")
    citizen.look("activity")
    citizen.go("/profile/")
    assert citizen.sees(phone)


def stop_by_sms(citizen: Visitor, applicant, email: str, phone: str) -> None:
    citizen.demo.listen(phone, email)
    citizen.go("/change/email/")
    citizen.look("change-email")
    citizen.send(contact=email)
    citizen.send(code=citizen.code_sent_to(email))
    change = citizen.path
    found = re.search(r"NO ([0-9]{4})", citizen.demo.next_message(phone, "NO ").text)
    assert found
    citizen.demo.listen(phone)
    citizen.demo.answer_sms(phone, f"no{found.group(1)}")
    citizen.demo.next_message(phone, "BLOCK")
    citizen.go(change)
    assert not citizen.offers("cancel")
    citizen.look("change-stopped")


def stop_by_email(citizen: Visitor, applicant, browser, language) -> None:
    demo = citizen.demo
    demo.listen(applicant.email)
    citizen.go("/change/user-id/")
    citizen.look("change-user-id")
    citizen.send(user_id="a")
    citizen.look("change-user-id-refused")
    citizen.send(user_id="helt nyt navn 88" if language == "da" else "brand new name 88")
    change = citizen.path
    found = re.search(r"http\S+(/stop/\S+)", demo.next_message(applicant.email, "/stop/").text)
    assert found
    with person(browser, citizen.window.address, language=language) as window:
        holder = Visitor(window, demo, "holder")
        holder.speak()
        holder.go(found.group(1))
        holder.look("stop")
        assert not holder.sees("88")
        holder.act("stop")
        holder.look("stopped")
        holder.go("/stop/nothing-known/")
        holder.look("stop-unknown")
    citizen.go(change)
    assert not citizen.offers("cancel")
    citizen.log_out()
    citizen.look("logged-out")


def block_by_support(agent: Visitor, officer, applicant, phone: str) -> None:
    agent.log_in_as("/backoffice/", officer)
    agent.look("home")
    agent.go("/backoffice/support/")
    agent.look("search")
    agent.demo.listen(phone)
    reason = agent.main("main [name=reason] option").nth(1).get_attribute("value") or ""
    agent.send(found_by="user_id", text=applicant.chosen_user_id, reason=reason)
    agent.look("caller")
    assert not agent.sees(applicant.cpr_number)
    assert not agent.sees(phone)
    agent.press("main a[href$='/identify/']")
    agent.look("identify")
    agent.window.page.go_back()
    agent.press("main a[href$='/block/']")
    agent.look("block")
    agent.fill(reason=agent.main("main [name=reason]").first.get_attribute("value") or "")
    agent.press("main form:has([name=reason]) button[type=submit]")
    agent.look("caller-blocked")
    agent.demo.next_message(phone)


def assert_shut_out(citizen: Visitor, applicant, serial: str) -> None:
    citizen.log_in("/profile/", user_id=applicant.chosen_user_id, serial=serial, password=applicant.password)
    assert citizen.path.startswith("/log-in/")
    citizen.look("log-in-blocked")


def reopen_in_person(clerk: Visitor, officer, applicant) -> None:
    clerk.log_in_as("/backoffice/", officer)
    prove(clerk, applicant, "reopen", clerk.window.language)
    if "/reopen/" not in clerk.path:
        clerk.press("main a.button-primary")
    clerk.look("reopen")
    clerk.press("main form button[type=submit]")
    clerk.look("reopened")
