"""The support agent's part of the story: find, give a reason, block."""

from mitid_portal.demo.walkthrough.acts import UNPROCESSABLE
from mitid_portal.demo.walkthrough.demo_side import Person
from mitid_portal.demo.walkthrough.officer import Officer


class SupportAgent(Officer):
    """Somebody on the phone, with a screen."""

    finds = "Find a caller"

    def is_refused_without_a_reason(self, user_id: str) -> None:
        """Try to look without saying why (SUP-3)."""
        self.browser.follow("Find a caller")
        self.browser.send(found_by="user_id", text=user_id, reason="", status=UNPROCESSABLE)
        self.browser.expect("Choose the reason")

    def find(self, user_id: str, person: Person) -> None:
        """Find the caller, with a reason; the whole CPR number stays unseen (SUP-2)."""
        page = self.browser.send(found_by="user_id", text=user_id, reason="caller_wishes_block")
        self.browser.expect(person.name)
        number = person.cpr_number
        if number in page.text or f"{number[:6]}-{number[6:]}" in page.text:
            raise self.browser.stuck("not to see the whole CPR number")

    def block(self) -> None:
        """Block the caller's identity."""
        self.browser.follow("Block the identity")
        self.browser.send("reason", button="Block", reason="lost_device")
        self.browser.expect("The identity is blocked")

    def cannot_reopen(self) -> None:
        """See that nothing on the page reopens it (BLK-2)."""
        if self.browser.page.form(button="Reopen") or self.browser.page.link("Reopen"):
            raise self.browser.stuck("nothing to reopen with")
        self.browser.expect("only in person")
