"""What people and CI call from bin/ does what it says."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.__main__ import machine, names
from mitid_portal.embedded.system import CHECKOUT


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


def test_a_benchmark_that_there_is_not_is_refused_with_the_names() -> None:
    ended = bench("no-such")

    assert ended.returncode == 2
    assert all(name in ended.stderr for name in names())
    assert names() != []


def test_a_figure_means_nothing_without_its_machine() -> None:
    described = machine()

    assert set(described) == {"cpu", "cores", "memory_mib", "python"}
    assert all(described.values())
    json.dumps(described)


def test_every_benchmark_has_a_run_and_says_what_it_measures() -> None:
    for name in names():
        text = (CHECKOUT / "bench" / f"{name}.py").read_text()
        assert "def run()" in text
        assert text.startswith('"""')


@pytest.mark.parametrize("name", ["setup", "run", "test", "check", "bench"])
def test_every_command_can_be_called(name: str) -> None:
    command = CHECKOUT / "bin" / name

    assert command.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(command)], check=False).returncode == 0


def test_a_set_up_that_is_done_is_not_done_again() -> None:
    subprocess.run([str(CHECKOUT / "bin" / "setup")], check=True, capture_output=True)
    begun = time.monotonic()
    again = subprocess.run([str(CHECKOUT / "bin" / "setup")], check=True, capture_output=True, text=True)

    assert again.stdout.count("\n") == 1
    assert "Everything is set up." in again.stdout
    assert time.monotonic() - begun < 2


def test_set_up_refuses_words_that_it_does_not_know() -> None:
    ended = subprocess.run([str(CHECKOUT / "bin" / "setup"), "--all"], capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "usage:" in ended.stderr


def test_a_package_that_is_missing_is_named_to_who_may_not_install_it(tmp_path: Path) -> None:
    """A PATH without SoftHSM and sudo, and a caller who is not root."""
    for tool in (
        "bash",
        "readlink",
        "dirname",
        "mkdir",
        "chmod",
        "cat",
        "tr",
        "cut",
        "sha256sum",
        "flock",
        "sed",
        "grep",
        "find",
        "sort",
        "env",
        "python3",
        "sleep",
        "tail",
        "ls",
    ):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout.strip()
        (tmp_path / tool).symlink_to(found)
    fake_id = tmp_path / "id"
    fake_id.write_text("#!/bin/bash\necho 1000\n")
    fake_id.chmod(0o755)
    ended = subprocess.run(
        [str(CHECKOUT / "bin" / "setup")], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 3
    assert "apt-get install --no-install-recommends" in ended.stderr
    assert "gettext" in ended.stderr
