"""Whether anybody can find out which user IDs somebody has (TRY-2): pages, status and times, known against unknown.

At each step ``TRIES`` tries with user IDs that somebody has and as many with ones that nobody has, in random order,
by one visitor over HTTP. ``*_p`` is the Mann-Whitney test's: above 0.01 the times cannot be told apart.
``*_pages_differ`` counts answers that one kind got and the other never: 0, or the run fails. ``*_at_once_*`` is the
same of eight who try one user ID at the same moment, timed until the last of them is answered: who waits for a lock
that only somebody's row has would be told apart so.
"""

import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape
from itertools import count
from json import dumps, loads
from pathlib import Path
from typing import Any, Final

from bench._at_once import all_answered_after
from bench._browser import Browser, Connection
from bench._people import made
from bench._two_samples import p_value
from bench.login import SETTINGS
from mitid_portal.embedded.system import System
from tests.factories.app_client import Answer, PhoneApp, encoded

TRIES: Final = 2000
USER_IDS: Final = 40
"""Of each kind and way; each is tried again and again."""
FRESH_SECONDS: Final = 120.0
"""A request to log in is opened anew when it is so old; it lives five minutes."""
AT_ONCE: Final = 8
ROUNDS: Final = 80
"""Of known and of unknown user IDs each, at every step that is tried by many at once."""
CROWDS: Final = 4
"""Of each kind: that many user IDs are tried so."""
TRIES_A_REQUEST: Final = 2
"""Wrong ones; the third would end it."""
CHANGING: Final = re.compile(
    rb'name="csrfmiddlewaretoken" value="\w+"|data-options="[^"]*"|/app/#b=[\w.-]+|src="data:image/svg[^"]*"'
    rb'|data-request="[\w-]+"'
    rb'|class="short-code">[^<]*<|The request ends [^.]*\.|"expires_at":"[^"]*"|"enrolment_id":"[^"]*"'
    rb'|name="response"\s+value="[^"]*"'
)
OPTIONS: Final = re.compile(rb'data-options="([^"]*)"')
WAYS: Final = {"/log-in/code/": "code", "/log-in/app/": "app", "/log-in/chip/": "chip"}
AUDIO_READER: Final = b"from your audio code reader"
"""On the page of those who are led to one; the known have code displays."""
WRONG_CODE: Final = "AAA-ACC-CCDD-DDEE"
PASSWORD: Final = "Blå-Hest-Galoperer-7"


@dataclass
class Visitor:
    """Somebody at a computer with a user ID; ``other`` sits at another computer with the same one."""

    user_id: str
    connection: Connection
    is_known: bool
    browser: Browser = field(init=False)
    other: Browser = field(init=False)
    opened_at: dict[int, float] = field(default_factory=dict)
    tries: int = 0

    def __post_init__(self) -> None:
        """Both browsers have been to the log-in page, so that they may send forms."""
        self.browser, self.other = Browser(self.connection), Browser(self.connection)
        for browser in (self.browser, self.other):
            browser.get("/log-in/")

    def opens(self, browser: Browser) -> Answer:
        """Begin to log in."""
        self.opened_at[id(browser)] = time.monotonic()
        return browser.submit("/log-in/", user_id=self.user_id)

    def keeps_open(self, browser: Browser, *, tries: int = sys.maxsize) -> None:
        """See that a request stands that is not old and has not been tried ``tries`` times."""
        is_old = time.monotonic() - self.opened_at.get(id(browser), -FRESH_SECONDS) >= FRESH_SECONDS
        if is_old or self.tries >= tries:
            self.opens(browser)
            self.tries = 0
        self.tries += 1


Step = Callable[[Visitor], Callable[[], Answer]]
"""Prepares what is not timed, and gives what is."""


def user_id(visitor: Visitor) -> Callable[[], Answer]:
    """The log-in's first step."""
    return lambda: visitor.opens(visitor.browser)


def code(visitor: Visitor) -> Callable[[], Answer]:
    """A code that is wrong, mostly for a device that is paused here by now."""
    visitor.keeps_open(visitor.browser, tries=TRIES_A_REQUEST)
    return lambda: visitor.browser.submit("/log-in/code/", code="000000")


def app_page(visitor: Visitor) -> Callable[[], Answer]:
    """The page that waits for the app."""
    visitor.keeps_open(visitor.browser)
    return lambda: visitor.browser.get("/log-in/app/")


def app_progress(visitor: Visitor) -> Callable[[], Answer]:
    """What that page asks."""
    visitor.keeps_open(visitor.browser)
    return lambda: visitor.browser.get("/log-in/app/progress/")


def app_go_on(visitor: Visitor) -> Callable[[], Answer]:
    """The button that collects an answer that nobody has given."""
    visitor.keeps_open(visitor.browser)
    return lambda: visitor.browser.submit("/log-in/app/go-on/")


def app_opening_code(visitor: Visitor) -> Callable[[], Answer]:
    """A second browser while the first one's request stands in the app, with a wrong opening code."""
    visitor.keeps_open(visitor.browser)
    if time.monotonic() - visitor.opened_at.get(id(visitor.other), -FRESH_SECONDS) >= FRESH_SECONDS:
        visitor.opens(visitor.other)
    return lambda: visitor.other.submit("/log-in/app/", opening_code="AAAA-CCCC")


def chip_page(visitor: Visitor) -> Callable[[], Answer]:
    """The page that asks for the chip."""
    visitor.keeps_open(visitor.browser)
    return lambda: visitor.browser.get("/log-in/chip/")


def chip(visitor: Visitor) -> Callable[[], Answer]:
    """The answer of a chip that has the right name and another key."""
    visitor.keeps_open(visitor.browser, tries=TRIES_A_REQUEST)
    page = visitor.browser.get("/log-in/chip/")
    found = OPTIONS.search(page.body)
    if found is None:
        raise AssertionError(f"The chip is not asked anything: {page.status}")
    answer = dumps(wrong_answer(loads(unescape(found[1].decode())), origin=visitor.connection.address))
    return lambda: visitor.browser.submit("/log-in/chip/", response=answer)


def activate_device(visitor: Visitor) -> Callable[[], Answer]:
    """The activation of a code display with a code that nobody was given."""
    fields = {"user_id": visitor.user_id, "activation_code": WRONG_CODE, "password": PASSWORD}
    return lambda: visitor.browser.submit("/activate/device/", device_code="123456", **fields)


def activate_password(visitor: Visitor) -> Callable[[], Answer]:
    """A new password with a code that nobody was given."""
    fields = {"user_id": visitor.user_id, "activation_code": WRONG_CODE, "password": PASSWORD}
    return lambda: visitor.browser.submit("/activate/password/", **fields)


def app_enrolment(phone: PhoneApp) -> Step:
    """Make the step: the first code of an app, which nobody was given."""

    def step(visitor: Visitor) -> Callable[[], Answer]:
        phone.nonce = phone.next_nonce()
        return lambda: phone.begin(user_id=visitor.user_id, activation_code=WRONG_CODE)

    return step


def run() -> dict[str, float]:
    """Try every step, on a system of its own."""
    with tempfile.TemporaryDirectory(prefix="mitid-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with System(folder, settings=SETTINGS) as system:
            people = made(system.environment, with_display=USER_IDS, with_app=USER_IDS, with_chip=USER_IDS)
            known = {"code": people.with_display, "app": people.with_app, "chip": people.with_chip}
            return tried(system.address, {way: [each.user_id for each in these] for way, these in known.items()})


def tried(address: str, known: dict[str, list[str]]) -> dict[str, float]:
    """Try every step with known user IDs and with as many that lead the same way and are nobody's."""
    connection = Connection(address)
    unknown = unknown_of_each_way(connection)
    everybody = {
        way: [Visitor(each, connection, is_known=True) for each in known[way]]
        + [Visitor(each, connection, is_known=False) for each in unknown[way]]
        for way in WAYS.values()
    }
    phone = PhoneApp(connection, address=address)
    steps: list[tuple[str, Step, str]] = [
        ("user_id_to_code", user_id, "code"),
        ("user_id_to_app", user_id, "app"),
        ("user_id_to_chip", user_id, "chip"),
        ("code", code, "code"),
        ("app_page", app_page, "app"),
        ("app_progress", app_progress, "app"),
        ("app_go_on", app_go_on, "app"),
        ("app_opening_code", app_opening_code, "app"),
        ("chip_page", chip_page, "chip"),
        ("chip", chip, "chip"),
        ("activate_device", activate_device, "code"),
        ("activate_password", activate_password, "code"),
        ("app_enrolment", app_enrolment(phone), "code"),
    ]
    figures: dict[str, float] = {}
    for name, step, way in steps:
        figures |= compared(name, step, everybody[way])
    for name, step, way in at_once(address):
        figures |= compared_at_once(name, step, address, known[way][:CROWDS], unknown[way][:CROWDS])
    if any(figures[f"{name}_pages_differ"] for name, _, _ in steps):
        raise SystemExit(f"Known and unknown user IDs get other pages: {figures}")
    return figures


def unknown_of_each_way(connection: Connection) -> dict[str, list[str]]:
    """Find user IDs that nobody has and that lead each way, by trying."""
    found: dict[str, list[str]] = {way: [] for way in WAYS.values()}
    browser = Browser(connection)
    browser.get("/log-in/")
    for number in count(1):
        if all(len(these) == USER_IDS for these in found.values()):
            break
        name = f"skovnisse {number}"
        answer = browser.submit("/log-in/", user_id=name)
        these = found[WAYS[answer.headers["Location"]]]
        if len(these) < USER_IDS and AUDIO_READER not in browser.follow(answer).body:
            these.append(name)
    browser.submit("/log-in/", user_id="skovnisse 0")  # takes the last one's request out of the app
    return found


def compared(name: str, step: Step, visitors: list[Visitor]) -> dict[str, float]:
    """Try a step with both kinds, in random order, after a few tries that are not counted."""
    known, unknown = ([each for each in visitors if each.is_known is kind] for kind in (True, False))
    for visitor in [*known, *unknown]:
        step(visitor)()
    order = [each for kind in (known, unknown) for each in _spread(kind)]
    random.shuffle(order)
    times: dict[bool, list[float]] = {True: [], False: []}
    pages: dict[bool, set[str]] = {True: set(), False: set()}
    for visitor in order:
        act = step(visitor)
        begun = time.perf_counter()
        answer = act()
        times[visitor.is_known].append(time.perf_counter() - begun)
        pages[visitor.is_known].add(fingerprint(answer, visitor.user_id))
    return {
        f"{name}_p": round(p_value(times[True], times[False]), 4),
        f"{name}_known_p50_ms": round(1000 * statistics.median(times[True]), 2),
        f"{name}_unknown_p50_ms": round(1000 * statistics.median(times[False]), 2),
        f"{name}_pages_differ": len(pages[True] ^ pages[False]),
    }


def at_once(address: str) -> list[tuple[str, Step, str]]:
    """List the steps at which somebody's row might make others wait, each with the way that it is on."""

    def enrolment(visitor: Visitor) -> Callable[[], Answer]:
        return app_enrolment(PhoneApp(visitor.connection, address=address))(visitor)

    return [
        ("user_id_to_app", user_id, "app"),
        ("code", code, "code"),
        ("chip", chip, "chip"),
        ("activate_device", activate_device, "code"),
        ("activate_password", activate_password, "code"),
        ("app_enrolment", enrolment, "code"),
    ]


def compared_at_once(name: str, step: Step, address: str, known: list[str], unknown: list[str]) -> dict[str, float]:
    """Let eight try the same user ID at once, again and again, those of both kinds in random order."""
    crowds = {
        (each, is_known): [Visitor(each, Connection(address), is_known=is_known) for _ in range(AT_ONCE)]
        for is_known, these in ((True, known), (False, unknown))
        for each in these
    }
    order = [who for who in crowds for _ in range(ROUNDS // CROWDS)]
    random.shuffle(order)
    times: dict[bool, list[float]] = {True: [], False: []}
    for who in [*crowds, *order]:
        seconds = all_answered_after([step(visitor) for visitor in crowds[who]])
        times[who[1]].append(seconds)
    somebodys, nobodys = times[True][CROWDS:], times[False][CROWDS:]  # without the first of each crowd
    return {
        f"{name}_at_once_p": round(p_value(somebodys, nobodys), 4),
        f"{name}_at_once_known_p50_ms": round(1000 * statistics.median(somebodys), 2),
        f"{name}_at_once_unknown_p50_ms": round(1000 * statistics.median(nobodys), 2),
    }


def fingerprint(answer: Answer, typed: str) -> str:
    """Give what tells one answer from another, but for what is fresh each time or was typed by the visitor."""
    page = CHANGING.sub(b"", answer.body).replace(typed.encode(), b"")
    return f"{answer.status} {answer.headers.get('Location', '')} {sha256(page).hexdigest()}"


def wrong_answer(options: dict[str, Any], *, origin: str) -> dict[str, object]:
    """Answer as the chip that is asked for would, but for the signature."""
    name = options["allowCredentials"][0]["id"]
    said = {
        "type": "webauthn.get",
        "challenge": options["challenge"],
        "origin": origin,
        "crossOrigin": False,
    }
    data = sha256(options["rpId"].encode()).digest() + b"\x01" + bytes(4)
    return {
        "id": name,
        "rawId": name,
        "type": "public-key",
        "authenticatorAttachment": "cross-platform",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": encoded(dumps(said).encode()),
            "authenticatorData": encoded(data),
            "signature": encoded(SOMEBODYS_SIGNATURE),
            "userHandle": None,
        },
    }


SOMEBODYS_SIGNATURE: Final = bytes.fromhex("3006020101020101")
"""r = s = 1 in DER: well-formed, and nobody's."""


def _spread(visitors: list[Visitor]) -> Iterable[Visitor]:
    return (visitors[at % len(visitors)] for at in range(TRIES))
