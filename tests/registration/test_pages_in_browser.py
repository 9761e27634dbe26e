"""Every page of the backoffice in a real Chromium: axe, widths, policy, console; pictures to look at."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from identities.api import BlockSource, ContactKind
from mitid_portal import clock
from registration.models import ControlQuestion, SupportCall
from registration.registers.fixture import fixture_passport_of
from registration.rules.support import CALL_LASTS
from registration.states import CasePurpose, PaperKind, RefusalReason, StockKind
from registration.usecases.ask_questions import ask_questions
from registration.usecases.check_caller_number import check_caller_number
from registration.usecases.refuse_case import refuse_case
from tests.browser.harness import chromium, person
from tests.factories.authenticators import an_app_row
from tests.factories.identities import code_sent_to
from tests.factories.registration import (
    OfficerAtWork,
    a_call_about,
    a_case_about,
    a_clerk,
    a_handed_out_display,
    a_ready_case,
    a_stocked_display,
    a_support_agent,
    a_visiting_case,
    an_approved_case,
    an_examined_case,
    an_officer_of,
    an_open_case,
    logged_in,
    plain_people,
    record_the_passport,
)
from tests.registration.clerks import block

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, with the ORM allowed in the thread that Playwright uses."""
    with chromium() as browser:
        yield browser


def let_in(someone, officer: OfficerAtWork) -> None:
    """Give the browser the session of an officer who has logged in."""
    client = logged_in(officer.who, now=clock.now())
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": someone.address}
    someone.page.context.add_cookies([cookie])


def look(someone, name: str, **kwargs) -> None:
    """Open a page and hold it against the rules."""
    assert someone.go(reverse(f"registration:{name}", kwargs=kwargs)).status == 200, name
    someone.look(f"registration-{name}")


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_clerks_wing(live_server: LiveServer, browser: Browser, language: str) -> None:
    """WCAG 2.2 AA at 1280 and 320 px."""
    now, people = clock.now(), plain_people()
    clerk = a_clerk(now=now)
    opened, looked_up = an_open_case(clerk, now=now), a_case_about(clerk, people[0], now=now)
    asked = a_case_about(clerk, people[1], now=now)
    record_the_passport(clerk, asked, people[1], now=now)
    ask_questions(officer_id=clerk.id, case_id=asked, now=now)
    examined, ready = an_examined_case(clerk, people[2], now=now), a_ready_case(clerk, people[3], now=now)
    approved, _ = an_approved_case(clerk, people[4], now=now)
    a_handed_out_display(clerk, approved, now=now)
    serial = a_stocked_display(clerk.office, now=now)
    refused = a_case_about(clerk, people[5], now=now)
    refuse_case(officer_id=clerk.id, case_id=refused, reason=RefusalReason.PHOTO_DIFFERS, now=now)
    with person(browser, live_server.url, language=language) as someone:
        let_in(someone, clerk)
        for name in ("officer-home", "cases", "case-new"):
            look(someone, name)
        look(someone, "case-person", case_id=opened)
        look(someone, "case-passport", case_id=looked_up)
        someone.page.get_by_role("button").last.click()
        someone.look("registration-case-passport-wrong")
        look(someone, "case-questions", case_id=asked)
        look(someone, "case-contacts", case_id=examined)
        look(someone, "case-contact", case_id=examined, kind="phone")
        look(someone, "case-contact-code", case_id=ready, kind="email")
        for name in ("case-issue", "case", "case-refuse"):
            look(someone, name, case_id=ready)
        look(someone, "case", case_id=approved)
        look(someone, "case-device", case_id=approved)
        someone.page.fill("[name=serial]", serial)
        someone.page.locator("main form:has([name=serial]) button[type=submit]").click()
        someone.page.wait_for_selector("[data-activation-code]")
        someone.look("registration-case-sheet")
        look(someone, "case-refusal", case_id=refused)


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_clerks_pages_about_authenticators(live_server: LiveServer, browser: Browser, language: str) -> None:
    """WCAG 2.2 AA at 1280 and 320 px."""
    now, citizen, visitor = clock.now(), plain_people()[0], plain_people()[1]
    clerk = a_clerk(now=now)
    an_approved_case(clerk, citizen, now=now)
    app = an_app_row(an_approved_case(clerk, visitor, now=now)[1], now=now)
    examined = an_examined_case(clerk, visitor, now=now, purpose=CasePurpose.NEW_AUTHENTICATOR)
    approved = a_visiting_case(clerk, citizen, now=now)
    a_stocked_display(clerk.office, now=now, kind=StockKind.AUDIO_READER)
    with person(browser, live_server.url, language=language) as someone:
        let_in(someone, clerk)
        for name in ("case", "case-approve", "case-block", "case-resync"):
            look(someone, name, case_id=examined)
        look(someone, "case-block-authenticator", case_id=examined, kind="app", authenticator_id=app.id)
        for kind in PaperKind.values:
            look(someone, "case-device", case_id=approved)
            someone.page.locator(f"form[action$='/sheet/{kind}/'] button").click()
            is_refused = kind == PaperKind.CHIP  # it goes with a password, and there is none yet (docs/decisions/0111)
            someone.page.wait_for_selector(".alert-error" if is_refused else "[data-activation-code]")
            someone.look(f"registration-case-sheet-{kind}")


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_clerks_pages_of_a_reopening(live_server: LiveServer, browser: Browser, language: str) -> None:
    """WCAG 2.2 AA at 1280 and 320 px; with a new phone, and for the second officer."""
    now, citizen = clock.now(), plain_people()[0]
    clerk = a_clerk(now=now)
    other = an_officer_of(clerk.office, now=now)
    block(an_approved_case(clerk, citizen, now=now)[1], source=BlockSource.FRAUD, now=now)
    case_id = an_examined_case(clerk, citizen, now=now, purpose=CasePurpose.REOPEN)
    with person(browser, live_server.url, language=language) as someone:
        let_in(someone, clerk)
        for name in ("case", "case-contacts"):
            someone.go(reverse(f"registration:{name}", kwargs={"case_id": case_id}))
            someone.look(f"registration-{name}-before-reopening")
        someone.page.locator("a[href$='/contacts/phone/']").click()
        someone.page.fill("[name=value]", "30 88 88 88")
        someone.page.locator("main form button[type=submit]").click()
        someone.page.fill("[name=code]", code_sent_to(owner_id=case_id, kind=ContactKind.PHONE))
        someone.page.locator("main form button[type=submit]").click()
        someone.page.wait_for_selector(".alert-success")
        someone.look("registration-case-contacts-in-reopening")
        look(someone, "case-reopen", case_id=case_id)
        someone.page.locator("form[action$='/reopen/'] button").click()
        someone.page.wait_for_selector(".alert-info")
        let_in(someone, other)
        look(someone, "case-second", case_id=case_id)
        someone.page.locator("form[action$='/second/'] button").click()
        someone.page.wait_for_selector(".alert-success")


@pytest.mark.parametrize("language", ["da", "en"])
def test_supports_wing(live_server: LiveServer, browser: Browser, language: str) -> None:
    """WCAG 2.2 AA at 1280 and 320 px."""
    now, citizen = clock.now(), plain_people()[0]
    app = an_app_row(an_approved_case(a_clerk(now=now), citizen, now=now)[1], now=now)
    agent = a_support_agent(now=now)
    fresh, asked = (a_call_about(agent, citizen.cpr_number, now=now) for _ in range(2))
    passport = fixture_passport_of(citizen.cpr_number)
    assert passport is not None
    check_caller_number(officer_id=agent.id, call_id=asked, number=passport.number, now=now)
    assert ControlQuestion.objects.filter(call_id=asked).count() == 3
    with person(browser, live_server.url, language=language) as someone:
        let_in(someone, agent)
        look(someone, "support-search")
        for name in ("support-citizen", "support-identify", "support-block"):
            look(someone, name, call_id=fresh)
        look(someone, "support-block-authenticator", call_id=fresh, kind="app", authenticator_id=app.id)
        look(someone, "support-identify", call_id=asked)
        for _ in range(3):
            someone.page.locator("main input[type=radio]").first.check(force=True)
            someone.page.locator("main form button[type=submit]").click()
            someone.page.wait_for_load_state()
        someone.look("registration-support-citizen-identified")
        for name in ("support-send-code", "support-resync", "support-messages", "support-citizen"):
            look(someone, name, call_id=asked)
        someone.page.locator("form[action$='user-id/'] button").click()
        someone.page.wait_for_selector(".secret")
        someone.look("registration-support-user-id")
        SupportCall.objects.update(opened_at=now - CALL_LASTS)
        look(someone, "support-citizen", call_id=asked)
