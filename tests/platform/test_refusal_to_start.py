"""Web, worker, beat and every command end at once when the settings are those of a demo or of the tests."""

import os
import subprocess
import sys

import pytest

from mitid_portal.embedded.system import CHECKOUT

PROCESSES = {
    "web": ("-m", "gunicorn", "mitid_portal.wsgi:application", "--bind=127.0.0.1:0", "--no-control-socket"),
    "worker": ("-m", "celery", "--app=mitid_portal", "worker", "--pool=solo"),
    "beat": ("-m", "celery", "--app=mitid_portal", "beat"),
    "a command": ("manage.py", "showmigrations"),
}


def started(process: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TESTING": "0", "DEMO": "0", **changes}
    return subprocess.run(
        [sys.executable, *PROCESSES[process]],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("process", PROCESSES)
def test_demo_parts_outside_demo_mode_stop_the_start(process: str) -> None:
    ended = started(process)

    said = ended.stdout + ended.stderr
    assert ended.returncode not in {0, None}, said
    for error in ("mitid.E003", "mitid.E020", "mitid.E021", "mitid.E030", "mitid.E031"):
        assert error in said


@pytest.mark.parametrize("process", ["web", "worker", "beat"])
def test_settings_of_the_tests_stop_the_start(process: str) -> None:
    ended = started(process, TESTING="1")

    assert ended.returncode != 0
    assert "for the test runner only" in ended.stdout + ended.stderr


def test_a_wait_shorter_than_an_hour_stops_even_a_demo() -> None:
    """CHG-3."""
    ended = started("a command", DEMO="1", CHANGE_WAIT_MINUTES="59")

    assert ended.returncode != 0
    assert "mitid.E010" in ended.stderr
