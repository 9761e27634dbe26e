"""A module that hangs: whoever waits is answered, nothing is stored, and all works again when it answers (KEY-2)."""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from mitid_portal.demo.walkthrough.acts import PORTAL, log_in
from mitid_portal.demo.walkthrough.demo_side import DemoSide, Person
from mitid_portal.demo.walkthrough.visitor import Visitor
from mitid_portal.embedded import postgres
from mitid_portal.embedded.system import CHECKOUT, Part, System
from tests.platform.hanging_module import hanging
from tests.platform.recovery import once_it_is_back
from tests.prepared import prepare

pytestmark = pytest.mark.faults

SAYS_SO = {
    "en": "The part that checks codes and passwords",
    "da": "Den del, der kontrollerer koder og adgangskoder",
}
WORKERS = 2


@pytest.fixture
def demo(system: System) -> Iterator[DemoSide]:
    side = DemoSide(system.address)
    yield side
    side.close()


def workers(system: System, part: Part = Part.WEB) -> set[int]:
    return {child.pid for child in psutil.Process(system.pid(part)).children()}


def waiting_in_transactions(system: System) -> int:
    host = str(postgres.socket_folder(system.folder / "postgres"))
    with psycopg.connect(host=host, user="postgres", dbname="postgres") as session:
        found = session.execute("SELECT pid FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
        return len(found.fetchall())


@contextmanager
def without_sealing(system: System) -> Iterator[None]:
    """Within, no seal is under way, which would wait in a transaction of its own."""
    system.stop_part(Part.BEAT)
    try:
        yield
    finally:
        system.restart(Part.BEAT)


def at_the_code(system: System, person: Person, stack: ExitStack, *, language: str) -> Visitor:
    """A visitor who has only the code left to type."""
    visitor = stack.enter_context(Visitor(person.role, system.address, language=language))
    visitor.go(PORTAL)
    visitor.send(user_id=person.user_id or "")
    return visitor


def refused(visitor: Visitor, language: str, **typed: str) -> float:
    begun = time.monotonic()
    visitor.send(*typed, status=503, press=typed)
    seconds = time.monotonic() - begun
    visitor.expect(SAYS_SO[language])
    return seconds


def test_whoever_waits_is_answered_and_the_next_at_once(system: System, demo: DemoSide) -> None:
    """KEY-2: both languages, within five seconds; nothing half-done; afterwards all as before."""
    before, tokens = workers(system), system.folder / "softhsm" / "tokens"
    citizen = demo.one("citizen")
    with ExitStack() as stack, ThreadPoolExecutor(8) as threads:
        inside = stack.enter_context(Visitor("citizen", system.address))
        log_in(
            inside,
            demo,
            door=PORTAL,
            user_id=citizen.user_id or "",
            serial=citizen.devices[0],
            password=citizen.password,
        )
        inside.go("/change/phone/")
        others = [person for person in demo.people() if person.devices and person.user_id != citizen.user_id]
        late = [
            (at_the_code(system, person, stack, language=language), language)
            for person, language in zip(others, ["da", "en"] * 3, strict=False)
        ]
        assert len(late) >= 4
        with without_sealing(system), hanging(tokens):
            asked = [threads.submit(refused, visitor, language, code="123456") for visitor, language in late]
            asked.append(threads.submit(refused, inside, "en", contact="+4528445577"))
            seconds = [each.result(timeout=10) for each in asked]
            assert max(seconds) < 5
            assert max(seconds) > 3.5  # it did hang, and was not refused for another reason

            again = [refused(visitor, language, code="123456") for visitor, language in late_again(late)]
            assert max(again) < 5
            # All that were sent at once may have come to one process: the others have yet to find out for themselves.
            assert sum(seconds > 1.5 for seconds in again) < WORKERS
            assert waiting_in_transactions(system) == 0
            assert system.health()["hsm"] == "down"
            assert httpx.get(f"{system.address}/health/live").status_code == 200
        system.wait_until_well(30)
        assert workers(system) == before
        once_it_is_back(lambda: inside.go("/profile/"))
        assert "waits" not in inside.page.text
        assert "+4528445577" not in str(demo._get("/demo/messages.json"))

        def ask() -> None:
            inside.go("/change/phone/")
            inside.send(contact="+4528445577")

        once_it_is_back(ask)
        assert demo.next_message("+4528445577").channel == "SMS"
    said = (system.folder / "log" / "web.log").read_text()
    assert "its request was answered with 503" in said
    assert "Traceback" not in said


def late_again(late: list[tuple[Visitor, str]]) -> Iterator[tuple[Visitor, str]]:
    for visitor, language in late:
        visitor.go("/log-in/code/")
        yield visitor, language


def test_a_page_that_was_given_for_a_hung_thread_has_the_headers_of_any_other(system: System, demo: DemoSide) -> None:
    citizen = demo.one("citizen")

    def asked() -> httpx.Response:
        with Visitor("citizen", system.address, language="da") as visitor:
            visitor.go(PORTAL)
            visitor.send(user_id=citizen.user_id or "")
            form = visitor.page.form("code")
            assert form is not None
            fields = form.values | {"code": ["123456"]}
            return visitor._client.post(form.action, data=fields, headers={"Referer": visitor.page.address})

    tokens = system.folder / "softhsm" / "tokens"
    away = tokens.with_name("tokens-away")
    tokens.rename(away)
    try:
        usual = asked()
    finally:
        away.rename(tokens)
    system.wait_until_well(30)
    with hanging(tokens):
        given = asked()
    deadline = time.monotonic() + 60
    while given.elapsed.total_seconds() < 3:  # a process that leaves the module alone still
        assert time.monotonic() < deadline
        system.wait_until_well(30)
        time.sleep(1)
        with hanging(tokens):
            given = asked()
    system.wait_until_well(30)

    of_their_own = {"date", "vary", "set-cookie", "connection", "content-language"}
    assert given.status_code == usual.status_code == 503
    assert given.text == usual.text
    assert {name: value for name, value in given.headers.items() if name not in of_their_own} == {
        name: value for name, value in usual.headers.items() if name not in of_their_own
    }
    assert given.headers["connection"] == "close"
    assert given.headers["retry-after"] == "60"
    assert "default-src 'none'" in given.headers["content-security-policy"]


def test_key_2_who_waits_for_a_row_that_a_hung_request_holds_is_answered_in_time(
    system: System, demo: DemoSide
) -> None:
    """Each process finds out for itself that the module hangs; one wait after the other would take eight seconds."""
    citizen, tokens = demo.one("citizen"), system.folder / "softhsm" / "tokens"

    def given(visitor: Visitor) -> float:
        begun = time.monotonic()
        visitor.send(code="123456", status=503)
        seconds = time.monotonic() - begun
        assert "What you were doing has not been done" in visitor.page.text
        return seconds

    with ExitStack() as stack, ThreadPoolExecutor(8) as threads:
        late = [at_the_code(system, citizen, stack, language="en") for _ in range(6)]
        with hanging(tokens):
            assert max(threads.map(given, late)) < 6.5
    system.wait_until_well(30)


def test_a_worker_whose_call_hangs_on_is_replaced(folder: Path) -> None:
    """The threads that hang cannot be ended; the process that has them can."""
    replaced = folder / "replaced"
    replaced.mkdir()
    prepare(replaced)
    with System(replaced, settings={"HSM_HUNG_EXIT_SECONDS": "6"}) as system:
        before = workers(system)
        side = DemoSide(system.address)
        people = [person for person in side.people() if person.devices][:4]
        with hanging(system.folder / "softhsm" / "tokens"), ExitStack() as stack:
            late = [at_the_code(system, person, stack, language="en") for person in people]
            with ThreadPoolExecutor(8) as threads:
                assert max(threads.map(lambda visitor: refused(visitor, "en", code="123456"), late)) < 5
            deadline = time.monotonic() + 15
            while not before - workers(system):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            while len(workers(system)) < WORKERS:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert httpx.get(f"{system.address}/", timeout=5).status_code == 200
        side.close()
        system.wait_until_well(30)
        assert "makes room for another" in (system.folder / "log" / "web.log").read_text()


def test_a_command_that_hangs_ends_and_says_later(system: System) -> None:
    with hanging(system.folder / "softhsm" / "tokens"):
        begun = time.monotonic()
        ended = subprocess.run(
            [sys.executable, "manage.py", "hsm_provision"],
            cwd=CHECKOUT,
            env=system.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        seconds = time.monotonic() - begun
    assert ended.returncode == 75, ended.stderr
    assert "Try again later" in ended.stderr
    assert seconds < 20


def test_a_workers_child_ends_at_once_so_that_its_task_comes_again(system: System) -> None:
    """ALR-4: tasks are acknowledged late, and again when their process is lost."""
    child = """
import django
django.setup()
from celery.signals import worker_process_init
from django.conf import settings
from hsm import api as hsm
assert settings.CELERY_TASK_ACKS_LATE and settings.CELERY_TASK_REJECT_ON_WORKER_LOST
worker_process_init.send(sender=None)
hsm.probe()
print("ready", flush=True)
input()
hsm.probe()
print("came back")
"""
    running = subprocess.Popen(
        [sys.executable, "-c", child],
        cwd=CHECKOUT,
        env=system.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    with hanging(system.folder / "softhsm" / "tokens"):
        told, said = running.communicate("go\n", timeout=15)
    assert running.returncode == 1
    assert told == ""
    assert "its task is done again" in said
