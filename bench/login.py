"""How many people can log in: complete log-ins a second over HTTP by eight clients, on the embedded parts.

Client, portal, database, cache and module share the machine. A log-in with the code display is six requests (three
pages, three forms), one with the app eight (two pages, two forms and one look at the progress in the browser; nonce,
binding and approval on the phone); the page that it leads to is not asked for. Where the time goes stands in
docs/benchmarks.md.
"""

import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Final
from uuid import UUID

import psutil
from argon2 import PasswordHasher, Type

from bench._browser import Browser, Connection
from bench._people import People, Player, made
from mitid_portal.embedded.system import Part, System
from tests.factories.app_client import PhoneApp

CLIENTS: Final = 8
DISPLAY_LOGINS: Final = 480
APP_PEOPLE: Final = 64
APP_ROUNDS: Final = 12
WARM_UP: Final = 48
SETTINGS: Final = dict.fromkeys(("LOG_INS_PER_SOURCE", "WRONG_TRIES_PER_SOURCE", "ENROLMENTS_PER_SOURCE"), "100000000")
"""All clients have one address, which would be stopped."""
SHORT_CODE: Final = re.compile(rb'class="short-code">([\w-]+)<')
MEMORY_KIB, PASSES, LANES = 19_456, 2, 1  # OWASP's parameters for Argon2id; tests hold the portal to them
HASHES: Final = 40

Result = tuple[list[float], float]
Act = Callable[[str, Connection, Player], None]


@dataclass(frozen=True)
class Load:
    """What a run of one kind of log-in came to. ``spent`` are CPU seconds, by whom."""

    logins: int
    seconds: float
    each: list[float]
    spent: dict[str, float]

    def figures(self, name: str) -> dict[str, float]:
        """Give the figures, in logins a second and milliseconds."""
        found = {
            f"{name}_logins_per_s": round(self.logins / self.seconds, 1),
            f"{name}_p50_ms": round(1000 * statistics.median(self.each), 1),
            f"{name}_p95_ms": round(1000 * statistics.quantiles(self.each, n=20)[-1], 1),
            f"{name}_cpu_s_per_login": round(sum(self.spent.values()) / self.logins, 4),
        }
        return found | {f"{name}_cpu_ms_{who}": round(1000 * s / self.logins, 2) for who, s in self.spent.items()}


def run() -> dict[str, float]:
    """Measure both kinds, on a system of their own."""
    with tempfile.TemporaryDirectory(prefix="mitid-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with System(folder, settings=SETTINGS) as system:
            people = made(system.environment, with_display=DISPLAY_LOGINS + WARM_UP, with_app=APP_PEOPLE)
            return measured(system, people)


def measured(system: System, people: People) -> dict[str, float]:
    """Let the clients log in, first a few who are not counted."""
    loaded(system, with_display, people.with_display[:WARM_UP])
    display = loaded(system, with_display, people.with_display[WARM_UP:])
    loaded(system, with_app, people.with_app)
    app = loaded(system, with_app, people.with_app * APP_ROUNDS)
    hash_s = argon2_seconds()
    share = hash_s / (sum(display.spent.values()) / display.logins)
    return (
        display.figures("code_display")
        | app.figures("app")
        | {
            "argon2id_ms": round(1000 * hash_s, 2),
            "argon2id_share_of_code_display_cpu": round(share, 3),
            "load_average_before": round(os.getloadavg()[1], 2),
        }
    )


def with_display(_address: str, connection: Connection, someone: Player) -> None:
    """Log in with user ID, code and password, in a browser that nobody knows."""
    browser = Browser(connection)
    browser.get("/log-in/")
    browser.follow(browser.submit("/log-in/", user_id=someone.user_id))
    browser.follow(browser.submit("/log-in/code/", code=someone.code(time.time())))
    let_in(browser.submit("/log-in/password/", password=someone.password).headers.get("Location"))


def with_app(address: str, connection: Connection, someone: Player) -> None:
    """Log in with user ID and app: the short code is typed, the phone reads and approves, and the browser sees it."""
    browser = Browser(connection)
    browser.get("/log-in/")
    page = browser.follow(browser.submit("/log-in/", user_id=someone.user_id))
    found = SHORT_CODE.search(page.body)
    if found is None:
        raise AssertionError(f"Nothing to type: {page.status}")
    word = found[1].decode()
    phone = PhoneApp(connection, address=address, key=someone.key, app_id=UUID(someone.app_id))
    shown = phone.bind(word)
    if shown.status != 200:
        raise AssertionError(f"Not bound: {shown.body!r}")
    answer = phone.approve(shown.json, word=word, pin=someone.pin)
    if answer.status != 200:
        raise AssertionError(f"Not approved: {answer.body!r}")
    if browser.get("/log-in/app/progress/").json["state"] != "confirmed":
        raise AssertionError("The browser does not see the approval.")
    let_in(browser.submit("/log-in/app/go-on/").headers.get("Location"))


def let_in(address: str | None) -> None:
    """Raise AssertionError where the log-in did not lead to the citizen's own page."""
    if not address or address.startswith("/log-in/"):
        raise AssertionError(f"Not let in, but sent to {address}.")


def loaded(system: System, act: Act, people: list[Player]) -> Load:
    """Share the people out among the clients; each client plays one after the other."""
    context = get_context("fork")
    parts = {part: psutil.Process(system.pid(part)) for part in Part}
    shares = [list(islice(people, at, None, CLIENTS)) for at in range(CLIENTS)]
    barrier = context.Barrier(CLIENTS + 1)
    queue: SimpleQueue[Result] = context.SimpleQueue()
    clients = [
        context.Process(target=client, args=[system.address, act, share, barrier, queue], daemon=True)
        for share in shares
    ]
    for each in clients:
        each.start()
    before = {part: cpu_seconds(process) for part, process in parts.items()}
    barrier.wait()
    begun = time.perf_counter()
    results = [queue.get() for _ in clients]
    lasted = time.perf_counter() - begun
    spent = {part.value: cpu_seconds(process) - before[part] for part, process in parts.items()}
    for each in clients:
        each.join()
    times = [one for result in results for one in result[0]]
    if len(times) != len(people):
        raise SystemExit(f"{len(times)} of {len(people)} log-ins came to an end.")
    return Load(
        logins=len(times),
        seconds=lasted,
        each=times,
        spent=spent | {"clients": sum(result[1] for result in results)},
    )


def client(address: str, act: Act, people: list[Player], barrier: Barrier, queue: "SimpleQueue[Result]") -> None:
    """Play a share of the people, and tell how long each took and what CPU time it was."""
    connection = Connection(address)
    times: list[float] = []
    barrier.wait()
    spent = time.process_time()
    try:
        for someone in people:
            begun = time.perf_counter()
            act(address, connection, someone)
            times.append(time.perf_counter() - begun)
    finally:  # whatever went wrong is told on standard error, and seen by the count
        queue.put((times, time.process_time() - spent))


def cpu_seconds(leader: psutil.Process) -> float:
    """Add up what a part has spent, its children with it, those that ended too."""
    total = 0.0
    for process in [leader, *leader.children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def argon2_seconds() -> float:
    """Measure one hash at the portal's parameters, alone in this process."""
    hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)
    hasher.hash("warm")
    begun = time.process_time()
    for _ in range(HASHES):
        hasher.hash("Blå-Hest-Galoperer-7")
    return (time.process_time() - begun) / HASHES
