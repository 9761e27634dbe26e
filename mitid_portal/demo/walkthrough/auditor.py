"""The auditor's part of the story: everything that was done to an identity, without knowing whose it is."""

from mitid_portal.demo.walkthrough.acts import BACKOFFICE, UNPROCESSABLE
from mitid_portal.demo.walkthrough.demo_side import Person
from mitid_portal.demo.walkthrough.officer import Officer


class Auditor(Officer):
    """Somebody who reads the log."""

    finds = "Search the log"

    def is_refused_a_name(self, person: Person) -> None:
        """Try to search by a name: the log knows references only."""
        self.browser.go(BACKOFFICE)
        self.browser.follow("Search the log")
        self.browser.send(subject=person.name, status=UNPROCESSABLE)
        self.browser.expect("A reference has 32 digits and letters")

    def find(self, reference: str, kind: str, words: str, person: Person) -> None:
        """Find one kind of event about an identity; nothing on the page tells whose it is (LOG-2)."""
        self.browser.go(BACKOFFICE)
        self.browser.follow("Search the log")
        page = self.browser.send(subject=reference, kind=kind)
        if page.link(address=f"subject={reference}") is None or page.link(words, address="/log/events/") is None:
            raise self.browser.stuck(f"a line {words!r} about {reference}")
        for secret in (person.name, person.cpr_number, person.phone, person.email):
            if secret in page.text:
                raise self.browser.stuck("nothing that tells who it is")

    def open_first(self, words: str) -> None:
        """Open the newest line of what was found."""
        self.browser.follow(words, address="/log/events/")
        self.browser.expect("To the microsecond, UTC")

    def look_at_seals(self) -> None:
        """See how sealing stands."""
        self.browser.go(BACKOFFICE)
        self.browser.follow("Seals of the log")
        self.browser.expect("Events that no seal covers yet")
