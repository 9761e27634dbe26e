"""The whole story holds on a whole system, and says so in words when it does not."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mitid_portal.embedded.system import CHECKOUT, System
from tests.prepared import prepared_folder

pytestmark = pytest.mark.long

LONGEST_SECONDS = 240


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """A system of the test's own, with workers, on a port of its own."""
    with prepared_folder() as folder, System(folder) as running:
        yield running


def test_whole_story_holds_twice_on_one_system(system: System) -> None:
    for _ in range(2):
        told = _walk(system.address)
        assert told.returncode == 0, told.stdout + told.stderr
        assert "The whole story holds" in told.stdout
        assert "✗" not in told.stdout


def test_no_portal_is_said_in_words() -> None:
    told = _walk("http://127.0.0.1:9")
    assert told.returncode == 1
    assert "Is bin/run up?" in told.stdout
    assert "Traceback" not in told.stderr


def _walk(address: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")}
    return subprocess.run(
        [sys.executable, "-m", "mitid_portal.demo.walkthrough", address],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
