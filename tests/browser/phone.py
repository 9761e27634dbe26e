"""Somebody's phone with the web app: its screens by their names, its buttons and fields by theirs."""

import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
from playwright.sync_api import Locator

from mitid_portal.demo.walkthrough.demo_side import DemoSide
from mitid_portal.demo.walkthrough.demo_side import Person as Persona
from mitid_portal.embedded.system import CHECKOUT, System
from tests.browser.harness import Person as Window
from tests.browser.people import Visitor

PIN = "482915"
TEMPORARY_PIN = re.compile(r"\b[0-9]{8}\b")
KEPT_ON_THE_PHONE = """() => new Promise((done, fail) => {
  const opening = indexedDB.open("app");
  opening.onerror = fail;
  opening.onsuccess = () => {
    const asked = opening.result.transaction("people").objectStore("people").getAll();
    asked.onerror = fail;
    asked.onsuccess = () => {
      opening.result.close();
      const [person] = asked.result;
      const { extractable, usages } = person.privateKey;
      const elsewhere = localStorage.length + sessionStorage.length;
      done({ fields: Object.keys(person).sort(), extractable, usages, elsewhere });
    };
  };
})"""
FILES_KEPT = """async () => {
  const cache = await caches.open("app-1");
  return (await cache.keys()).map((request) => new URL(request.url).pathname);
}"""


@dataclass
class Phone:
    """A phone at ``window``; ``prefix`` names the pictures of what it shows."""

    window: Window
    demo: DemoSide
    prefix: str = "app"

    def open(self, path: str = "/app/") -> None:
        """Open the app by its address, or by the link of a request; where it is open, the link comes to it."""
        self.window.page.goto(f"{self.window.address}{path}")

    def speak(self) -> None:
        """Choose the window's language by the button in the app's header."""
        self.open()
        self.sees("people")
        self.part("header button[name=language]").and_(
            self.window.page.locator(f"[value={self.window.language}]")
        ).click()
        self.sees("people")

    def part(self, selector: str) -> Locator:
        """Find something on the page."""
        return self.window.page.locator(selector)

    def sees(self, screen: str, *texts: str) -> None:
        """Wait for a screen and for texts on it."""
        self.part(f"main[data-name={screen}]").wait_for()
        for text in texts:
            self.part("main").get_by_text(text).first.wait_for()

    def text_of(self, part: str) -> str:
        """Read a part of the screen."""
        return self.part(f"main [data-part={part}]").inner_text()

    def press(self, part: str) -> None:
        """Press a button by its name."""
        self.part(f"main [data-part={part}]").click()

    def fill(self, **values: str) -> None:
        """Type into fields by their names."""
        for name, value in values.items():
            self.part(f"main [name={name}]").fill(value)

    def send(self, **values: str) -> None:
        """Fill in the screen's form and press its button."""
        self.fill(**values)
        self.part("main form button[type=submit]").click()

    def told(self) -> str:
        """Give the words of the problem that the screen tells."""
        problem = self.part("main [data-part=problem]")
        problem.wait_for()
        return problem.inner_text()

    def look(self, name: str) -> None:
        """Hold the screen against the rules at each width."""
        self.window.look(f"{self.prefix}-{name}")

    def set_up(self, owner: Persona, code: str, *, pin: str = PIN) -> None:
        """Set the app up for somebody, with both codes, and stay on its last screen."""
        self.demo.listen(owner.phone)
        self.press("add")
        self.send(user_id=owner.user_id or owner.chosen_user_id, activation_code=code)
        self.sees("enrol-pin")
        self.send(temporary_pin=self.temporary_pin_of(owner), pin=pin, pin_again=pin)
        self.sees("enrolled", owner.user_id or owner.chosen_user_id)

    def temporary_pin_of(self, owner: Persona) -> str:
        """Read the text message with the second code."""
        found = TEMPORARY_PIN.search(self.demo.next_message(owner.phone, "PIN").text)
        assert found
        return found.group()

    def start(self, owner: Persona) -> None:
        """Open the app and choose whose it is."""
        self.open()
        self.sees("people")
        self.part("main [data-cell=open]").filter(has_text=owner.user_id or "").click()
        self.sees("locked")

    def unlock(self, owner: Persona, pin: str = PIN) -> None:
        """Give the PIN, for what only its owner sees."""
        self.start(owner)
        self.send(pin=pin)
        self.sees("home")
        self.part("main [data-part=none]:visible, main [data-part=list] li:visible").first.wait_for()


def at_the_desk(system: System, act: str, owner: Persona) -> str:
    """Have something done at the desk, and give what is read out."""
    command = [sys.executable, "-m", "tests.browser.desk", act, owner.user_id or ""]
    done = subprocess.run(command, env=system.environment, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Desk:
    """Citizen Service, as a program in the system's environment."""

    def __init__(self, system: System) -> None:
        """Open; Django takes a while to start, so once for all journeys."""
        command = [sys.executable, "-m", "tests.browser.desk"]
        self._program = subprocess.Popen(
            command, env=system.environment, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        """Close."""
        self._program.communicate(timeout=30)

    def code(self, owner: Persona) -> str:
        """Hand somebody a paper with an activation code: it may reach HIGH."""
        return self._ask("code", owner)

    def code_on_screen(self, owner: Persona) -> str:
        """Give a code as self-service shows it: it reaches SUBSTANTIAL."""
        return self._ask("code-on-screen", owner)

    def alert(self, owner: Persona) -> None:
        """Put two dozen alerts into somebody's inbox."""
        self._ask("alert", owner)

    def block_apps(self, owner: Persona) -> None:
        """Block all apps of somebody."""
        self._ask("block", owner)

    def _ask(self, act: str, owner: Persona) -> str:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(f"{act}\t{owner.user_id}\n")
        self._program.stdin.flush()
        told = self._program.stdout.readline().strip()
        assert told, "the desk has closed; its standard error says why"
        return told


def citizens(demo: DemoSide) -> list[Persona]:
    """List the demo's citizens."""
    return [each for each in demo.people() if each.role == "citizen"]


def name_of(owner: Persona) -> str:
    """Give somebody's user ID."""
    assert owner.user_id
    return owner.user_id


def ask_the_app(computer: Visitor, owner: Persona, *, door: str = "/profile/") -> str:
    """Come as far as the page that waits for the app, and give the path that its button leads to."""
    computer.go(door)
    computer.send(user_id=name_of(owner))
    if not computer.path.startswith("/log-in/app/"):
        computer.press("main form:has(input[name=with][value=app]) button")
    link = computer.main("main a[href^='/app/#b=']").get_attribute("href")
    assert link
    return link


def is_let_in(computer: Visitor) -> None:
    """See that the computer goes on by itself, and log out."""
    computer.window.page.wait_for_url("**/profile/")
    computer.log_out()


Squares = Sequence[Sequence[int]]


def squares_of(text: str) -> Squares:
    """Give the QR code of a text; dark squares are not 0."""
    return [list(row) for row in segno.make(text, error="m").matrix_iter(border=4)]


def squares_of_picture(image: Locator) -> Squares:
    """Read the QR code that the log-in page shows: runs of dark squares, each from where it begins."""
    kind, _, picture = (image.get_attribute("src") or "").partition(",")
    assert kind == "data:image/svg+xml;base64"
    svg = b64decode(picture).decode()
    side = int(re.findall(r'viewBox="0 0 (\d+) ', svg)[0])
    rows = [[0] * side for _ in range(side)]
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg):
        rows[int(y)][int(x) : int(x) + int(length)] = [1] * int(length)
    return rows


def squares_shown(svg: Locator) -> Squares:
    """Read the QR code that a phone shows."""
    side = int((svg.get_attribute("viewBox") or "").split()[2])
    dark = set(re.findall(r"M(\d+) (\d+)h1", svg.locator("path").get_attribute("d") or ""))
    return [[int((str(x), str(y)) in dark) for x in range(side)] for y in range(side)]


def show(squares: Squares, file: Path) -> None:
    """Write a film of a QR code, as a camera of Chromium's makes shows it (YUV4MPEG2, grey)."""
    width, height = 640, 480
    scale = height // len(squares)
    white, black = b"\xeb", b"\x10"
    left = (width - scale * len(squares)) // 2
    lines = []
    for row in squares:
        code = b"".join((black if square else white) * scale for square in row)
        lines += [(white * left + code).ljust(width, white)] * scale
    lines += [white * width] * (height - len(lines))
    picture = b"FRAME\n" + b"".join(lines) + b"\x80" * (width * height // 2)
    file.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420mpeg2\n".encode() + picture * 10)
