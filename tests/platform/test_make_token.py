"""The rehearsal's token is made once, wherever its making is interrupted (docker/make-token.sh)."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

SCRIPT = settings.BASE_DIR / "docker" / "make-token.sh"
LABEL = "rehearsal"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder whose programs come before the machine's; nobody but root may give files away."""
    made = tmp_path / "bin"
    made.mkdir()
    _write(made / "chown", "exit 0")
    return made


def _write(program: Path, line: str) -> None:
    program.write_text(f"#!/bin/sh\n{line}\n", encoding="ascii")
    program.chmod(0o755)


def _run(folder: Path, programs: Path) -> int:
    return subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        env=os.environ
        | {
            "HSM_FOLDER": str(folder),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PKCS11_TOKEN_LABEL": LABEL,
            "PKCS11_USER_PIN": "123456",
        },
        capture_output=True,
        check=False,
    ).returncode


def _tokens(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "tokens").iterdir())


@pytest.mark.parametrize("last", ["softhsm2-util", "mv", "cp", "chown"])
@pytest.mark.parametrize("is_done", [True, False], ids=["after it", "before it"])
def test_a_making_that_was_interrupted_is_finished_by_the_next(
    tmp_path: Path, programs: Path, last: str, *, is_done: bool
) -> None:
    folder = tmp_path / "hsm"
    folder.mkdir()
    done = f'{shutil.which(last)} "$@"; ' if is_done and last != "chown" else ""
    _write(programs / last, f"{done}kill -9 $PPID")
    assert _run(folder, programs) == -signal.SIGKILL
    (programs / last).unlink()
    _write(programs / "chown", "exit 0")

    assert _run(folder, programs) == 0
    (token,) = _tokens(folder)
    assert f"directories.tokendir = {folder / 'tokens'}\n" in (folder / "softhsm2.conf").read_text(encoding="ascii")
    shown = subprocess.run(
        ["softhsm2-util", "--show-slots"],
        env=os.environ | {"SOFTHSM2_CONF": str(folder / "softhsm2.conf")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.count(f"Label:            {LABEL}") == 1

    assert _run(folder, programs) == 0
    assert _tokens(folder) == [token]
