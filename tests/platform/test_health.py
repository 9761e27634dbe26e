"""Health is red for every part that is really down, and green again when it is back."""

import http.client
import json
import re
import signal
import time
from collections.abc import Callable
from contextlib import closing

import httpx
import pytest

from mitid_portal.embedded.system import Part, System
from mitid_portal.health import Probes, _answer

pytestmark = pytest.mark.faults

PARTS = {"database", "cache", "hsm", "broker", "worker", "beat", "seals", "alerts"}


def ready(system: System) -> tuple[int, dict[str, str], float]:
    begun = time.monotonic()
    answer = httpx.get(f"{system.address}/health/ready", timeout=10)
    return answer.status_code, answer.json()["parts"], time.monotonic() - begun


def down(system: System) -> set[str]:
    status, parts, seconds = ready(system)
    found = {name for name, word in parts.items() if word == "down"}
    assert set(parts) == PARTS
    assert (status == 503) == bool(found)
    assert seconds < 3.5
    return found


def wait_for(system: System, expected: set[str], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while (found := down(system)) != expected:
        assert time.monotonic() < deadline, f"down: {found}, expected: {expected}"
        time.sleep(0.2)


def test_all_parts_are_up_and_named(system: System) -> None:
    status, parts, _ = ready(system)

    assert (status, parts) == (200, dict.fromkeys(PARTS, "up"))


def test_live_asks_no_other_part(system: System) -> None:
    system.stop_part(Part.POSTGRES)
    try:
        answer = httpx.get(f"{system.address}/health/live")
        assert (answer.status_code, answer.json()) == (200, {"status": "up", "parts": {"web": "up"}})
        # A process that has not used a key yet asks the database which version is in use.
        assert {"database"} <= down(system) <= {"database", "hsm", "seals", "alerts"}
    finally:
        system.restart(Part.POSTGRES)
    wait_for(system, set())


def test_a_database_that_hangs_is_down_within_three_seconds(system: System) -> None:
    system.signal_part(Part.POSTGRES, signal.SIGSTOP)
    try:
        assert "database" in down(system)
        assert "database" in down(system)
    finally:
        system.signal_part(Part.POSTGRES, signal.SIGCONT)
    wait_for(system, set())


def test_without_valkey_cache_broker_and_signs_of_life_are_down(system: System) -> None:
    system.kill(Part.VALKEY)
    assert down(system) == {"cache", "broker", "worker", "beat"}
    system.restart(Part.VALKEY)
    wait_for(system, set(), seconds=40)


def test_a_beat_that_is_gone_is_told_apart_from_the_worker(system: System) -> None:
    system.stop_part(Part.BEAT)
    wait_for(system, {"beat"})
    system.restart(Part.BEAT)
    wait_for(system, set())


def test_a_worker_that_hangs_is_told_apart_from_beat(system: System) -> None:
    system.signal_part(Part.WORKER, signal.SIGSTOP)
    wait_for(system, {"worker"})
    system.signal_part(Part.WORKER, signal.SIGCONT)
    wait_for(system, set())


def test_a_token_that_is_gone_is_a_keystore_that_is_down(system: System) -> None:
    tokens = system.folder / "softhsm" / "tokens"
    away = tokens.with_name("away")
    tokens.rename(away)
    tokens.mkdir()
    try:
        wait_for(system, {"hsm"})
    finally:
        tokens.rmdir()
        away.rename(tokens)
    wait_for(system, set(), seconds=40)


def test_the_answer_names_no_reason(system: System) -> None:
    system.stop_part(Part.POSTGRES)
    try:
        body = httpx.get(f"{system.address}/health/ready", timeout=10).json()
        assert set(body) == {"status", "parts"}
        assert set(body["parts"].values()) == {"up", "down"}
    finally:
        system.restart(Part.POSTGRES)
    wait_for(system, set())


def test_ten_megabytes_are_refused_with_a_page_that_the_sender_gets_to_read(system: System) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", system.port, timeout=20)) as connection:
        connection.request("POST", "/nowhere/", body=b"language=" + b"x" * 10_000_000, headers={"Content-Type": FORM})
        answer = connection.getresponse()
        page = answer.read().decode()
    assert answer.status == 413
    assert "<h1>" in page
    assert "Traceback" not in page


def test_a_field_of_two_hundred_kilobytes_reaches_its_form(system: System) -> None:
    with httpx.Client(base_url=system.address, follow_redirects=True) as client:
        page = client.get("/log-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token is not None
        answer = client.post("/log-in/", data={"csrfmiddlewaretoken": token[1], "user_id": "æ" * 100_000})

    assert answer.status_code == 422
    assert "Traceback" not in answer.text


FORM = "application/x-www-form-urlencoded"


class Hanging:
    """A probe that counts its calls and returns only when told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.is_released = False

    def __call__(self) -> None:
        self.calls += 1
        while not self.is_released:
            time.sleep(0.01)


def test_a_probe_that_hangs_is_not_started_a_second_time() -> None:
    hanging = Hanging()
    probes = Probes({"slow": hanging, "quick": _well})

    first, second = probes.results(), probes.results()
    hanging.is_released = True

    assert first == second == {"slow": False, "quick": True}
    assert hanging.calls == 1


def test_a_probe_that_raises_is_down() -> None:
    probes: dict[str, Callable[[], None]] = {"broken": _broken}

    assert Probes(probes).results() == {"broken": False}


def _well() -> None:
    return


def _broken() -> None:
    json.loads("{")


def test_a_provider_that_is_out_takes_no_page_away() -> None:
    """A balancer leaves out whoever answers 503; people block by these pages just then."""
    answer = _answer(dict.fromkeys(PARTS, True) | {"alerts": False})
    assert (answer.status_code, json.loads(answer.content)["parts"]["alerts"]) == (200, "down")
    for part in PARTS - {"alerts"}:
        assert _answer(dict.fromkeys(PARTS, True) | {part: False}).status_code == 503
