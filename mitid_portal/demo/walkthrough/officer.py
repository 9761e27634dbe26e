"""What every officer of the story begins and ends with."""

from dataclasses import dataclass
from typing import ClassVar

from mitid_portal.demo.walkthrough.acts import BACKOFFICE, log_in, log_out
from mitid_portal.demo.walkthrough.demo_side import DemoSide, Person
from mitid_portal.demo.walkthrough.visitor import Visitor


@dataclass
class Officer:
    """Somebody with a right in an office; ``finds`` is what their first page offers."""

    person: Person
    browser: Visitor
    demo: DemoSide

    finds: ClassVar[str]

    def log_in(self) -> None:
        """Log in to the backoffice with their own identity."""
        log_in(
            self.browser,
            self.demo,
            door=BACKOFFICE,
            user_id=self.person.user_id or "",
            serial=self.person.devices[0],
            password=self.person.password,
        )
        self.browser.expect(self.finds)

    def log_out(self) -> None:
        """Log out."""
        log_out(self.browser)
