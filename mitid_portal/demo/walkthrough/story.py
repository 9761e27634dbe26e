"""The whole story, step by step, as the people would live it."""

import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from mitid_portal.demo.walkthrough.acts import PORTAL, cannot_log_in
from mitid_portal.demo.walkthrough.auditor import Auditor
from mitid_portal.demo.walkthrough.citizen import Citizen
from mitid_portal.demo.walkthrough.clerk import Clerk
from mitid_portal.demo.walkthrough.demo_side import DemoSide, Person
from mitid_portal.demo.walkthrough.support import SupportAgent
from mitid_portal.demo.walkthrough.visitor import Visitor

Say = Callable[[str], None]
_REFERENCE: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@dataclass
class Story:
    """Who takes part, and what they have brought about so far."""

    address: str
    say: Say
    demo: DemoSide
    clerk: Clerk
    support: SupportAgent
    auditor: Auditor
    applicant: Person
    new_phone: str
    new_email: str
    new_user_id: str
    pending: str = ""
    reference: str = ""
    _begun: float = field(default_factory=time.monotonic)

    def tell(self) -> None:
        """Play it all. Raises: StoryFailed at the first thing that does not hold."""
        citizen = self._issue()
        self._activate(citizen)
        self._change_phone(citizen)
        self._change_the_rest(citizen)
        self._look_at_activity(citizen)
        self._stop_by_sms(citizen)
        self._stop_by_page(citizen)
        self._block(citizen)
        self._reopen(citizen)
        self._audit(citizen)
        self.say(f"The whole story holds ({time.monotonic() - self._begun:.0f} s).")

    def done(self, words: str) -> None:
        """Tell of a step that held."""
        self.say(f"✓ {words}")

    def _issue(self) -> Citizen:
        person, clerk = self.applicant, self.clerk
        self.demo.skip_hours(1)  # whatever codes were used a moment ago, by hand or by an earlier run, are over
        self.say("1-3  At the desk of Citizen Service")
        clerk.log_in()
        self.done(f"The clerk {clerk.person.name} logs in with code display and password.")
        clerk.open_case("issue")
        clerk.look_up(person)
        self.done(f"A case is open; the civil register knows {person.name}.")
        clerk.is_refused_with_a_slip(person)
        self.done("A passport with one digit mistyped is refused.")
        clerk.record_passport(person)
        self.done("The passport's two lines hold against their check digits and the register.")
        asked = clerk.ask_questions()
        self.done(f"{asked} control questions are answered.")
        clerk.prove_contact("phone", person.phone)
        clerk.prove_contact("email", person.email)
        self.done("Phone and e-mail are proven by a code each.")
        clerk.issue(person.chosen_user_id)
        self.done(f"An identity is issued with the user ID {person.chosen_user_id!r}.")
        handed = clerk.hand_out()
        clerk.log_out()
        self.done(f"The code display {handed.serial} and a printed activation code are handed out.")
        browser = Visitor(person.name, self.address)
        citizen = Citizen(
            person=person,
            serial=handed.serial,
            user_id=person.chosen_user_id,
            phone=person.phone,
            email=person.email,
            browser=browser,
            demo=self.demo,
        )
        self.say("4    At home")
        citizen.activate(handed.activation_code)
        self.done("The code display is activated and a password chosen.")
        return citizen

    def _activate(self, citizen: Citizen) -> None:
        self.demo.next_message(citizen.phone, "aktiveret", "activated")
        self.demo.skip_hours(1)  # no need to sit and wait for the device's next code
        citizen.log_in()
        self.done("The citizen logs in to the portal and has been told of the activation.")

    def _change_phone(self, citizen: Citizen) -> None:
        self.say("5-6  A new phone, by the double login")
        self.demo.listen(citizen.phone, citizen.email)
        change = citizen.ask_for_phone(self.new_phone)
        self.done(f"A change to {self.new_phone} is asked for; the new number is proven by a code.")
        if self.new_phone in citizen.alert_to(citizen.phone) + citizen.alert_to(citizen.email):
            raise citizen.browser.stuck("no alert to show the new number (ALR-6)")
        self.done("At once an SMS to the old number and an e-mail tell of it, without the new number.")
        citizen.is_refused_yet(change)
        self.done("In the same session it is refused, with the time when it opens.")
        citizen.log_out()
        citizen.log_in()
        citizen.is_refused_yet(change)
        self.done("With another login, too early, it is refused as well.")
        self.demo.skip_hours(1)
        citizen.browser.go(change)
        citizen.browser.expect("Log in")
        self.done("An hour later both logins are over: the page asks for a new one.")
        self.demo.listen(citizen.phone, self.new_phone, citizen.email)
        citizen.log_in()
        citizen.confirm(change)
        self.done("After a second login the change is confirmed and made.")
        self.demo.next_message(citizen.phone, "ændret", "changed")
        self.demo.next_message(self.new_phone, "ændret", "changed")
        self.demo.next_message(citizen.email, "ændret", "changed")
        self.done("The old number, the new number and the mailbox are told.")
        citizen.phone = self.new_phone

    def _change_the_rest(self, citizen: Citizen) -> None:
        self.demo.listen(citizen.phone, citizen.email, self.new_email)
        email = citizen.ask_for_email(self.new_email)
        user_id = citizen.ask_for_user_id(self.new_user_id)
        self.done("E-mail and user ID are asked for on the same pages, and wait side by side.")
        self.demo.skip_hours(1)
        citizen.log_in()
        citizen.confirm(email)
        citizen.confirm(user_id)
        self.demo.next_message(citizen.email, "ændret", "changed")
        self.demo.next_message(self.new_email, "ændret", "changed")
        citizen.email, citizen.user_id = self.new_email, self.new_user_id
        self.done(f"Both are made after one more login; the user ID is {self.new_user_id!r} now.")

    def _look_at_activity(self, citizen: Citizen) -> None:
        self.say("7    What happened, and a stop")
        for words in (
            "A change was asked for",
            "The confirmation of a change was refused",
            "A change was confirmed and made",
            "Logged in",
        ):
            citizen.browser.go("/activity/")
            citizen.browser.expect(words)
        self.done("The activity list shows requests, refusals, confirmations and logins.")
        found = _REFERENCE.search(citizen.browser.go(PORTAL).text)
        if found is None:
            raise citizen.browser.stuck("the unique ID of the identity")
        self.reference = found.group()

    def _stop_by_sms(self, citizen: Citizen) -> None:
        self.demo.listen(citizen.phone, citizen.email)
        change = citizen.ask_for_phone(self.applicant.phone)
        self.demo.answer_sms(citizen.phone, f"NO {citizen.stop_code()}")
        citizen.block_code()
        citizen.expect_stopped(change)
        self.done("NO and the code, sent back to the SMS, stop a change; the answer offers to block everything.")

    def _stop_by_page(self, citizen: Citizen) -> None:
        self.demo.listen(citizen.phone, citizen.email)
        change = citizen.ask_for_user_id(f"{self.new_user_id} igen")
        with Visitor("whoever reads the mail", self.address) as reader:
            reader.go(citizen.stop_page())
            reader.send(button="Stop the change")
        citizen.expect_stopped(change)
        self.done("The page in the alert's e-mail stops another, without a login.")

    def _block(self, citizen: Citizen) -> None:
        self.say("8    Support blocks, Citizen Service reopens")
        self.pending = citizen.ask_for_phone(self.applicant.phone)
        support = self.support
        support.log_in()
        support.is_refused_without_a_reason(citizen.user_id)
        support.find(citizen.user_id, citizen.person)
        self.done("Support finds the caller, not without a reason, and sees no whole CPR number.")
        self.demo.listen(citizen.phone, citizen.email)
        support.block()
        support.cannot_reopen()
        support.log_out()
        self.demo.next_message(citizen.phone, "spærret", "blocked")
        self.demo.next_message(citizen.email, "spærret", "blocked")
        self.done("Support blocks the identity and cannot reopen it; phone and mailbox are told.")
        citizen.browser.go("/profile/")
        citizen.browser.expect_at("log-in")
        self.done("The citizen's session is dead.")
        self.demo.skip_hours(1)
        cannot_log_in(
            citizen.browser,
            self.demo,
            user_id=citizen.user_id,
            serial=citizen.serial,
            password=citizen.person.password,
        )
        self.done("Nobody can log in with it, not with the right code and password either.")

    def _reopen(self, citizen: Citizen) -> None:
        self.demo.listen(citizen.phone, citizen.email)
        self.clerk.log_in()
        self.clerk.reopen(citizen.person)
        self.demo.next_message(citizen.phone, "genåbnet", "reopened")
        self.done("The clerk proves the person once more and reopens the identity; the citizen is told.")
        self.clerk.gives_no_code_for_the_app_yet()
        self.clerk.gives_no_code_for_a_chip_beside_a_password()
        self.clerk.give_code("password")
        self.clerk.log_out()
        self.demo.next_message(citizen.phone, "aktiveringskode", "activation code")
        self.done("Codes for the app and for a chip are refused so soon; one for a password is printed, and told.")
        self.demo.skip_hours(1)
        citizen.log_in()
        citizen.expect_stopped(self.pending)
        citizen.log_out()
        self.done("The citizen logs in again; the change that waited was stopped by the block.")

    def _audit(self, citizen: Citizen) -> None:
        self.say("9    An auditor looks")
        auditor = self.auditor
        auditor.log_in()
        auditor.is_refused_a_name(citizen.person)
        auditor.find(self.reference, "identities.identity_blocked", "Identity blocked", citizen.person)
        auditor.open_first("Identity blocked")
        auditor.find(self.reference, "registration.citizen_found", "Support found a citizen", citizen.person)
        self.done(f"By the reference {self.reference} an auditor finds the block and who did it, but not whom it hit.")
        auditor.look_at_seals()
        auditor.log_out()
        self.done("The seals of the log say how much they cover.")


def tell_story(address: str, say: Say) -> None:
    """Play the story against a running portal, with an applicant who has no identity yet.

    Raises: StoryFailed; httpx.HTTPError when the portal does not answer.
    """
    with ExitStack() as stack:
        demo = DemoSide(address)
        stack.callback(demo.close)
        clerk, support, applicant = demo.one("clerk"), demo.one("support"), demo.one("applicant")
        auditor = demo.one("auditor")
        number = applicant.phone[-6:]
        Story(
            address=address,
            say=say,
            demo=demo,
            clerk=Clerk(person=clerk, browser=stack.enter_context(Visitor(clerk.name, address)), demo=demo),
            support=SupportAgent(
                person=support, browser=stack.enter_context(Visitor(support.name, address)), demo=demo
            ),
            auditor=Auditor(person=auditor, browser=stack.enter_context(Visitor(auditor.name, address)), demo=demo),
            applicant=applicant,
            new_phone=f"+4530{number}",
            new_email=f"ny{number}@post.example",
            new_user_id=f"{applicant.chosen_user_id} to",
        ).tell()
