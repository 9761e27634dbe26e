"""The clerk's part of the story: prove, issue, hand out, reopen."""

import re
from dataclasses import dataclass
from typing import Final

from mitid_portal.demo.walkthrough.acts import BACKOFFICE, UNPROCESSABLE
from mitid_portal.demo.walkthrough.demo_side import Person
from mitid_portal.demo.walkthrough.officer import Officer

_CODE: Final = re.compile(r"\b(\d{6})\b")
_IN_STOCK: Final = re.compile(r"\bKV-1000-\d{4}\b")
MOST_QUESTIONS: Final = 4


@dataclass(frozen=True)
class HandedOut:
    """What the citizen takes home."""

    serial: str
    activation_code: str


class Clerk(Officer):
    """An officer of the registration authority at their desk."""

    finds = "Open a case"

    def open_case(self, purpose: str) -> None:
        """Open a case for whoever stands at the desk."""
        self.browser.go(BACKOFFICE)
        self.browser.follow("Open a case")
        self.browser.send(purpose=purpose, language="da")

    def look_up(self, person: Person) -> None:
        """Ask the civil register."""
        self.browser.send(cpr_number=person.cpr_number)
        self.browser.expect(person.name)

    def is_refused_with_a_slip(self, person: Person) -> None:
        """Mistype one digit of the passport: a check digit tells."""
        line_1, line_2 = person.passport_mrz
        slip = line_2[:13] + ("1" if line_2[13] != "1" else "2") + line_2[14:]
        self.browser.send(line_1=line_1, line_2=slip, is_photo_compared="on", status=UNPROCESSABLE)
        self.browser.expect("do not go together")

    def record_passport(self, person: Person) -> None:
        """Type the two lines of the passport."""
        line_1, line_2 = person.passport_mrz
        self.browser.send(line_1=line_1, line_2=line_2, is_photo_compared="on")
        self.browser.expect("Control questions")

    def ask_questions(self) -> int:
        """Ask until the answers are enough; gives how many it took."""
        self.browser.send(button="Ask the questions")
        for asked in range(1, MOST_QUESTIONS + 1):
            self.browser.send(was_right="yes")
            if self.browser.page.form("was_right") is None:
                return asked
        raise self.browser.stuck("the control questions to come to an end")

    def prove_contact(self, kind: str, value: str) -> None:
        """Send a code to the citizen's contact, and have the citizen type it."""
        if f"/contacts/{kind}/" not in self.browser.page.address:
            if "/contacts/" not in self.browser.page.address:
                self.browser.follow("Go on")
            if self.browser.page.form("value") is None:
                self.browser.follow(address=f"/contacts/{kind}/")
        self.demo.listen(value)
        self.browser.send(value=value)
        message = self.demo.next_message(value, "kode", "code")
        found = _CODE.search(message.text)
        if found is None:
            raise self.browser.stuck(f"a code in {message.text!r}")
        self.browser.send(code=found.group(1))

    def issue(self, user_id: str) -> None:
        """Issue the identity with the user ID that the citizen chose."""
        if self.browser.page.form("user_id") is None:
            self.browser.follow("Go on")
        self.browser.send(user_id=user_id)

    def hand_out(self) -> HandedOut:
        """Take a code display out of the stock, and print the sheet with the activation code."""
        if self.browser.page.form("serial") is None:
            self.browser.follow("Go on to handing out")
        in_stock = _IN_STOCK.search(self.browser.page.text)
        if in_stock is None:
            raise self.browser.stuck("a code display in stock")
        page = self.browser.send(serial=in_stock.group())
        if not page.secrets:
            raise self.browser.stuck("the activation code")
        return HandedOut(serial=in_stock.group(), activation_code=page.secrets[0])

    def reopen(self, person: Person) -> None:
        """Reopen a blocked identity for a person who stands there."""
        self.open_case("reopen")
        self.look_up(person)
        self.record_passport(person)
        self.ask_questions()
        if self.browser.page.form(button="Reopen the identity") is None:
            self.browser.follow("Go on")
        self.browser.send(button="Reopen the identity")

    def gives_no_code_for_the_app_yet(self) -> None:
        """Ask for a code for the app: its second one would go to a phone that is too new (SEC-7)."""
        self.browser.follow("Go on to handing out")
        self.browser.send(action="/sheet/app/")
        self.browser.expect("less than 120 hours ago")

    def gives_no_code_for_a_chip_beside_a_password(self) -> None:
        """Ask for a code for a chip, in the week in which a password came on paper as well (SEC-4)."""
        self.browser.send(action="/sheet/chip/")
        self.browser.expect("one visit never gives both")

    def give_code(self, kind: str) -> str:
        """Print the sheet with the code for a new password."""
        page = self.browser.send(action=f"/sheet/{kind}/")
        if not page.secrets:
            raise self.browser.stuck("the activation code")
        return page.secrets[0]
