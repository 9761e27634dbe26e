"""The drill of docs/runbooks/hsm-lost.md: the token is destroyed under the running portal and brought back."""

import shutil
import signal
import time
from collections.abc import Iterator

import psutil
import psycopg
import pytest

from mitid_portal.demo.walkthrough.acts import PORTAL, log_in
from mitid_portal.demo.walkthrough.demo_side import DemoSide, Person
from mitid_portal.demo.walkthrough.visitor import Visitor
from mitid_portal.embedded import postgres
from mitid_portal.embedded.system import Part, System
from tests.platform.backups import backup
from tests.platform.recovery import once_it_is_back

pytestmark = pytest.mark.faults

SAYS_SO = "The part that checks codes and passwords"


@pytest.fixture
def demo(system: System) -> Iterator[DemoSide]:
    side = DemoSide(system.address)
    yield side
    side.close()


def asked(system: System, query: str) -> list[tuple[object, ...]]:
    host = str(postgres.socket_folder(system.folder / "postgres"))
    with psycopg.connect(host=host, user="postgres", dbname="postgres") as session:
        return session.execute(query).fetchall()


def wait_for(what: str, seconds: float, is_so) -> float:
    begun = time.monotonic()
    while not is_so():
        assert time.monotonic() - begun < seconds, what
        time.sleep(0.1)
    return time.monotonic() - begun


def refused(visitor: Visitor, **typed: str) -> None:
    begun = time.monotonic()
    visitor.send(*typed, status=503, press=typed)
    assert time.monotonic() - begun < 5
    visitor.expect(SAYS_SO)


def enter(visitor: Visitor, demo: DemoSide, person: Person) -> None:
    log_in(
        visitor,
        demo,
        door=PORTAL,
        user_id=person.user_id or "",
        serial=person.devices[0],
        password=person.password,
    )


def test_the_token_is_destroyed_and_restored_while_the_portal_runs(system: System, demo: DemoSide, capsys) -> None:
    """KEY-2, ALR-4: refuse, lose nothing, send what is stored, come back; and how long each step took."""
    tokens, kept = system.folder / "softhsm" / "tokens", system.folder / "kept"
    citizen, late = demo.one("citizen"), demo.one("citizen", number=1)
    code = demo.fresh_code(late.devices[0])
    made = backup(system, "create", "--to", str(kept))
    assert made.returncode == 0, made.stderr
    with Visitor("citizen", system.address) as inside, Visitor("late comer", system.address) as outside:
        enter(inside, demo, citizen)
        outside.go(PORTAL)
        outside.send(user_id=late.user_id or "")
        inside.go("/change/email/")
        worker = psutil.Process(system.pid(Part.WORKER))
        system.signal_part(Part.WORKER, signal.SIGSTOP)
        inside.send(contact="drill@example.com")
        stored = asked(system, "SELECT count(*) FROM notifications_delivery WHERE state = 'QUEUED'")[0][0]
        assert stored
        # --- the token is destroyed; the worker's children too, so that those that send are younger than that ---
        shutil.rmtree(tokens)
        for child in worker.children():
            child.kill()
        worker.resume()
        destroyed = time.monotonic()
        refused(outside, code=code)
        inside.go("/change/phone/")
        refused(inside, contact="+4528445588")
        wait_for("health is red", 10, lambda: system.health()["hsm"] == "down")
        red = {name for name, word in system.health().items() if word == "down"}
        wait_for(
            "alerts go out",
            30,
            lambda: not asked(system, "SELECT id FROM notifications_delivery WHERE state IN ('QUEUED', 'CLAIMED')"),
        )
        sent = time.monotonic() - destroyed
        assert red - {"seals"} == {"hsm"}  # in time the log waits for its seals too
        assert asked(system, "SELECT count(*) FROM notifications_delivery WHERE state = 'GIVEN_UP'") == [(0,)]

        begun = time.monotonic()
        brought = backup(system, "restore", "--from", str(kept), "--token-only")
        assert brought.returncode == 0, brought.stderr
        restored = time.monotonic() - begun
        well = wait_for("health is green", 30, lambda: set(system.health().values()) == {"up"})

        once_it_is_back(lambda: inside.go("/profile/"))
        assert "drill@example.com" in str(demo._get("/demo/messages.json"))
        assert "+4528445588" not in str(demo._get("/demo/messages.json"))
        once_it_is_back(lambda: enter(outside, demo, late))
        outside.expect("Your profile")

        def ask() -> None:
            inside.go("/change/phone/")
            inside.send(contact="+4528445588")

        once_it_is_back(ask)
        assert demo.next_message("+4528445588").channel == "SMS"
    with capsys.disabled():
        print(f"\nKEY-2 drill: alerts out {sent:.1f} s, token restored and proven {restored:.1f} s, green {well:.1f} s")
