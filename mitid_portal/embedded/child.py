"""Child processes: each leads a session of its own, writes to its own log, and is stopped by its id."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, as whom, and how to ask it to stop."""

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(repr=False)
    folder: Path = Path("/")
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience_seconds: float = 15.0


class PartFailedError(Exception):
    """A part did not start; the message ends with the last lines of its log."""


class Child:
    """One running program."""

    def __init__(self, program: Program) -> None:
        """Start the program.

        It is asked to stop when the thread that started it dies, however that comes about, so a supervisor that is
        killed with signal 9 leaves nothing behind. Call from a thread that lives as long as the program shall.
        """
        self.program = program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with program.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                prefixed(program.argv, user=program.user, at_parents_death=program.stop_signal),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=program.folder,
                env=dict(program.environment),
                start_new_session=True,
            )
        self._is_asked = False
        self.started_at = time.monotonic()
        self.created = psutil.Process(self._process.pid).create_time()

    @property
    def pid(self) -> int:
        """The process's id, which is its session's and its group's too."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; ``None`` while it runs."""
        return self._process.poll()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.exit_code is None

    def ask_to_stop(self) -> None:
        """The program has been told to end; asked twice it would cut its work short."""
        if not self._is_asked:
            self._is_asked = True
            self._process.send_signal(self.program.stop_signal)

    def stop(self) -> None:
        """Nothing of the program runs any more: asked first, killed when it takes too long."""
        if self.is_running:
            self.ask_to_stop()
            try:
                self._process.wait(self.program.patience_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self.end_group()

    def kill(self) -> None:
        """Kill the program itself with signal 9, as a crash would; its own children are left to notice."""
        self._process.kill()
        self._process.wait()

    def end_group(self) -> None:
        """No child of the program, which may have died before them, runs any more."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def last_lines(self, count: int = 25) -> str:
        """Give the end of its log."""
        lines = self.program.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-count:])


def prefixed(argv: tuple[str, ...], *, user: str | None, at_parents_death: signal.Signals) -> list[str]:
    """Give the command line that runs ``argv`` as ``user`` and ties it to its parent's life."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise FileNotFoundError("setpriv (Debian package util-linux) is not installed.")
    command = [setpriv, "--pdeathsig", at_parents_death.name.removeprefix("SIG")]
    if user is not None:
        command += ["--reuid", user, "--regid", user, "--clear-groups"]
    return [*command, "--", *argv]
