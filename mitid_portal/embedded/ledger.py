"""Which processes a run started, so that the next run ends what a crash left behind."""

import json
import os
import signal
import time
from pathlib import Path

import psutil

from mitid_portal.embedded.child import Child

PATIENCE_SECONDS = 10.0


class Ledger:
    """A file that lists the running children of one folder."""

    def __init__(self, file: Path) -> None:
        """Use ``file``, which need not exist."""
        self._file = file

    def write(self, children: dict[str, Child]) -> None:
        """List ``children`` and nothing else."""
        lines = [
            {"name": name, "pid": child.pid, "created": child.created, "signal": int(child.program.stop_signal)}
            for name, child in children.items()
        ]
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(lines), encoding="utf-8")
        fresh.replace(self._file)

    def end_leftovers(self) -> list[str]:
        """Nothing that an earlier run listed is running any more.

        Returns: the names of the parts of which something still ran. A process counts as theirs only when its
        session is the listed one and it is not older than the listing, for process ids are used again.
        """
        found: list[str] = []
        for line in reversed(self._lines()):
            members = _members(session=int(line["pid"]), not_before=float(line["created"]))
            if members:
                found.append(str(line["name"]))
                _end(members, first=signal.Signals(int(line["signal"])), leader=int(line["pid"]))
        self._file.unlink(missing_ok=True)
        return found

    def _lines(self) -> list[dict[str, str | int | float]]:
        try:
            lines: list[dict[str, str | int | float]] = json.loads(self._file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return []
        return lines


def _members(*, session: int, not_before: float) -> list[psutil.Process]:
    members = []
    for process in psutil.process_iter(["status"]):
        try:
            is_theirs = os.getsid(process.pid) == session and process.create_time() >= not_before
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
        if is_theirs and process.info["status"] != psutil.STATUS_ZOMBIE:
            members.append(process)
    return members


def _end(members: list[psutil.Process], *, first: signal.Signals, leader: int) -> None:
    for process in members:
        if process.pid == leader:
            _send(process, first)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(_lives(process) for process in members) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in members:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(members, timeout=PATIENCE_SECONDS)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _send(process: psutil.Process, which: signal.Signals) -> None:
    try:
        process.send_signal(which)
    except psutil.NoSuchProcess:
        return
