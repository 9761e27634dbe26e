"""The citizen's part of the story: activate, log in, change, stop."""

import re
from dataclasses import dataclass
from typing import Final

from mitid_portal.demo.walkthrough.acts import PORTAL, UNPROCESSABLE, log_in, log_out
from mitid_portal.demo.walkthrough.demo_side import DemoSide, Person
from mitid_portal.demo.walkthrough.page import Page
from mitid_portal.demo.walkthrough.visitor import Visitor

_CODE: Final = re.compile(r"\b(\d{6})\b")
_STOP: Final = re.compile(r"\bNO (\d{4})\b")
_BLOCK: Final = re.compile(r"\bBLOCK (\d{4})\b")
_PAGE: Final = re.compile(r"https?://\S+/stop/\S+")
_TIME: Final = re.compile(r"\d{1,2} \w+ \d{4} at \d{2}:\d{2}")


@dataclass
class Citizen:
    """Somebody with an identity, at their own browser, with phone, mailbox and code display at hand."""

    person: Person
    serial: str
    user_id: str
    phone: str
    email: str
    browser: Visitor
    demo: DemoSide

    def activate(self, activation_code: str) -> None:
        """Make the code display their own, and choose a password (SEC-2, SEC-4)."""
        self.browser.go("/activate/device/")
        self.browser.send(
            user_id=self.user_id,
            activation_code=activation_code,
            device_code=self.demo.fresh_code(self.serial),
            password=self.person.password,
            password_again=self.person.password,
        )
        self.browser.expect("Your device is active")

    def log_in(self) -> Page:
        """Log in to the portal with code and password."""
        log_in(
            self.browser,
            self.demo,
            door=PORTAL,
            user_id=self.user_id,
            serial=self.serial,
            password=self.person.password,
        )
        return self.browser.expect("Your profile")

    def log_out(self) -> None:
        """Log out."""
        log_out(self.browser)

    def ask_for_phone(self, phone: str) -> str:
        """Ask for a new phone, proving it by the code it receives; gives the address of the change's page."""
        return self._ask_for_contact("/change/phone/", phone)

    def ask_for_email(self, email: str) -> str:
        """Ask for a new e-mail address, proving it by the code it receives."""
        return self._ask_for_contact("/change/email/", email)

    def ask_for_user_id(self, user_id: str) -> str:
        """Ask for a new user ID."""
        self.browser.go("/change/user-id/")
        return self._waiting(self.browser.send(user_id=user_id))

    def is_refused_yet(self, change: str) -> str:
        """Try to confirm before that may be; gives the words with which it is refused."""
        page = self.browser.go(change)
        if page.form(button="Confirm the change"):
            raise self.browser.stuck("no button to confirm yet")
        if not _TIME.search(page.text):
            raise self.browser.stuck("the time when the change can be confirmed")
        # The page offers no button, so somebody who will not wait would forge one.
        form = self.browser.page.form(button="Stop the change")
        if form is None:
            raise self.browser.stuck("a button to stop the change")
        refused = self.browser.send_form(form, {"act": "confirm"}, status=UNPROCESSABLE)
        self.browser.expect("It is too early", "You logged in before")
        if not _TIME.search(refused.text):
            raise self.browser.stuck("the time when the change can be confirmed")
        return refused.text

    def confirm(self, change: str) -> Page:
        """Confirm a change whose time has come."""
        self.browser.go(change)
        self.browser.send(button="Confirm the change", action=change)
        return self.browser.expect("The change is made")

    def expect_stopped(self, change: str) -> Page:
        """See that a change was stopped."""
        self.browser.go(change)
        return self.browser.expect("The change is stopped")

    def alert_to(self, address: str) -> str:
        """Wait for the alert of a change; gives its words."""
        return self.demo.next_message(address, "Reply NO", "Svar NO", "/stop/").text

    def stop_code(self) -> str:
        """Read the code to stop with from the text message of the alert."""
        return self._found(_STOP, self.alert_to(self.phone), "NO and a code")

    def block_code(self) -> str:
        """Read the code to block with from the answer to a stop."""
        return self._found(_BLOCK, self.demo.next_message(self.phone, "BLOCK").text, "BLOCK and a code")

    def stop_page(self) -> str:
        """Read the address of the page to stop at from the alert's e-mail; gives its path."""
        address = self._found(_PAGE, self.alert_to(self.email), "the address of the page to stop at", group=0)
        return "/stop/" + address.partition("/stop/")[2]

    def _ask_for_contact(self, page: str, value: str) -> str:
        self.demo.listen(value)
        self.browser.go(page)
        self.browser.send(contact=value)
        code = self._found(_CODE, self.demo.next_message(value, "kode", "code").text, "a code")
        return self._waiting(self.browser.send(code=code))

    def _waiting(self, page: Page) -> str:
        self.browser.expect("Can be confirmed from")
        self.browser.expect_at("/change/")
        return "/change/" + page.address.partition("/change/")[2]

    def _found(self, pattern: re.Pattern[str], text: str, what: str, *, group: int = 1) -> str:
        found = pattern.search(text)
        if found is None:
            raise self.browser.stuck(f"{what} in the message {text!r}")
        return found.group(group)
