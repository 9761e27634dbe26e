"""What people do at the portal's pages, by the fields and buttons that a browser shows them."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator

from mitid_portal.demo.walkthrough.demo_side import DemoSide
from mitid_portal.demo.walkthrough.demo_side import Person as Persona
from tests.browser.harness import Person as Window

CODE = re.compile(r"\b[0-9]{6}\b")


@dataclass
class Visitor:
    """Somebody at a browser window; ``prefix`` names the pictures of what they see."""

    window: Window
    demo: DemoSide
    prefix: str

    def go(self, path: str) -> None:
        """Open a page."""
        self.window.go(path)

    def speak(self) -> None:
        """Choose the window's language, as people do, by the button in the header."""
        self.go("/")
        self.main("header button[name=language]").and_(
            self.window.page.locator(f"[value={self.window.language}]")
        ).click()

    def main(self, selector: str) -> Locator:
        """Find something on the page."""
        return self.window.page.locator(selector)

    def fill(self, **values: str) -> None:
        """Type into fields, or choose the radio button or the tick, by the field's name."""
        for name, value in values.items():
            field = self.main(f"main [name={name}]")
            kind = field.first.get_attribute("type")
            if kind in {"radio", "checkbox"}:
                # The design system draws its own button over the input; people press its label.
                box = self.main(f"main [name={name}][value={value}]" if kind == "radio" else f"main [name={name}]")
                self.main(f"main label[for={box.get_attribute('id')}]").click()
            elif field.first.evaluate("element => element.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def send(self, **values: str) -> None:
        """Fill in the page's form and press its button."""
        self.fill(**values)
        self.main("main form:has(input:not([type=hidden]), select) button[type=submit]").first.click()

    def press(self, selector: str) -> None:
        """Press a button or follow a link."""
        self.main(selector).first.click()

    def offers(self, act: str) -> bool:
        """Tell whether the page has a button for an act."""
        return self._button_for(act).count() == 1

    def act(self, act: str) -> None:
        """Press the button for an act."""
        self._button_for(act).click()

    def _button_for(self, act: str) -> Locator:
        return self.main(f"main form:has(input[name=act][value={act}]) button[type=submit]")

    def look(self, name: str) -> None:
        """Hold the page against the rules at each width."""
        self.window.look(f"{self.prefix}-{name}")

    def sees(self, text: str) -> bool:
        """Tell whether the page's content shows a text."""
        return text in self.main("main").inner_text()

    @property
    def path(self) -> str:
        """Where the window is."""
        return self.window.page.url.removeprefix(self.window.address)

    def log_in(self, door: str, *, user_id: str, serial: str, password: str, is_looking: bool = False) -> None:
        """Log in with code and password."""
        self.go(door)
        for name in ("user_id", "code", "password"):
            if is_looking:
                self.look(f"log-in-{name}")
            code = self.demo.fresh_code(serial) if name == "code" else ""
            self.send(**{name: {"user_id": user_id, "code": code, "password": password}[name]})

    def log_in_as(self, door: str, persona: Persona, *, is_looking: bool = False) -> None:
        """Log in as one of the demo's people."""
        self.log_in(
            door,
            user_id=persona.user_id or persona.chosen_user_id,
            serial=persona.devices[0],
            password=persona.password,
            is_looking=is_looking,
        )

    def log_out(self) -> None:
        """Press the button in the header."""
        self.press("form.log-out button")

    def code_sent_to(self, address: str) -> str:
        """Read the code in the newest unread message."""
        found = CODE.search(self.demo.next_message(address).text)
        assert found
        return found.group()
